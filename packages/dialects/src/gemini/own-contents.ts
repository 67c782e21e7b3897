import { parseExact } from '../json/exact.ts';
import type { Member } from '../json/scan.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { rawText } from '../json/read.ts';
import { FOREIGN_CALL, isForeign, MARK_BASE64 } from './signature.ts';

const FOREIGN = Buffer.from(`"${MARK_BASE64}`);

/**
 * The conversation without what other providers signed in it, or null where they signed nothing: Gemini takes their signatures for
 * forgeries of its own. Few bodies have any, and only those are parsed.
 */
export function ownContents(body: Buffer, contents: Member | undefined): string | null {
  if (contents === undefined) return null;
  const found = body.indexOf(FOREIGN, contents.start);
  if (found < 0 || found >= contents.end) return null;
  let parsed: unknown;
  try {
    parsed = parseExact(rawText(body, contents));
  } catch {
    // The scan does not look into strings; what is wrong in one is the upstream's to say.
    return null;
  }
  const list: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return JSON.stringify(list.flatMap(ownContent));
}

/** A content of which nothing is left goes, too. */
function ownContent(content: unknown): unknown[] {
  if (!isObject(content) || !Array.isArray(content['parts'])) return [content];
  const before: unknown[] = content['parts'];
  const parts = before.flatMap(ownPart);
  return parts.length === 0 && before.length > 0 ? [] : [{ ...content, parts }];
}

/** Another's thoughts are nothing without their signature. Its texts are, and so are its calls, with a stand-in. */
function ownPart(part: unknown): unknown[] {
  if (!isObject(part)) return [part];
  const name = 'thoughtSignature' in part ? 'thoughtSignature' : 'thought_signature';
  const signature = part[name];
  if (typeof signature !== 'string' || !isForeign(signature)) return [part];
  if ('functionCall' in part || 'function_call' in part) return [{ ...part, [name]: FOREIGN_CALL }];
  const { [name]: _, ...rest } = part;
  return isEmptyOrThought(rest) ? [] : [rest];
}

function isEmptyOrThought(part: JsonObject): boolean {
  return part['thought'] === true || part['text'] === '';
}
