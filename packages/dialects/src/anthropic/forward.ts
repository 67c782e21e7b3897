import { splice, type Edits } from '../json/edit.ts';
import { parseExact } from '../json/exact.ts';
import type { Member, Scan } from '../json/scan.ts';
import { isObject } from '../openai/accumulate.ts';
import { CARRIED_PREFIX } from './carried-state.ts';
import type { RoutedName } from './routed-names.ts';

/** How a carried state begins in a body. A text of the client's may begin so as well, and stays. */
const CARRIED = Buffer.from(`"${CARRIED_PREFIX}`);

interface Asked {
  readonly model: string;
  readonly tierWord: string | null | undefined;
}

/** Same bytes where nothing has to change, so that the usual request is not copied. */
export function forward(
  body: Buffer,
  scan: Scan<RoutedName>,
  asked: Asked,
  model: string,
  tierWord: string | null,
): Buffer {
  const edits: Edits<RoutedName> = {
    ...(model === asked.model ? {} : { model: JSON.stringify(model) }),
    ...tierEdit(scan, asked, tierWord),
    ...thoughtsEdit(body, scan),
  };
  return Object.keys(edits).length === 0 ? body : Buffer.concat(splice(body, scan, edits));
}

function tierEdit(scan: Scan<RoutedName>, asked: Asked, tierWord: string | null): Edits<RoutedName> {
  if (tierWord !== null) return tierWord === asked.tierWord ? {} : { service_tier: JSON.stringify(tierWord) };
  return scan.members.service_tier === undefined ? {} : { service_tier: null };
}

function thoughtsEdit(body: Buffer, scan: Scan<RoutedName>): Edits<RoutedName> {
  const messages = ownMessages(body, scan.members.messages);
  return messages === null ? {} : { messages };
}

/**
 * The conversation without the thoughts of other providers that stand in it; null where there are none. Few bodies have any, and only those are
 * parsed.
 */
export function ownMessages(body: Buffer, messages: Member | undefined): string | null {
  if (messages === undefined || body.indexOf(CARRIED, messages.start) < 0) return null;
  let parsed: unknown;
  try {
    parsed = parseExact(body.toString('utf8', messages.start, messages.end));
  } catch {
    // The scan does not look into strings; what is wrong in one is the upstream's to say.
    return null;
  }
  const kept = withoutForeign(parsed);
  return kept === null ? null : JSON.stringify(kept);
}

/** Null: nothing had to go. A message of which nothing is left goes, too. */
function withoutForeign(messages: unknown): unknown[] | null {
  if (!Array.isArray(messages)) return null;
  let removed = false;
  const kept = messages.flatMap((message: unknown) => {
    if (!isObject(message) || !Array.isArray(message['content'])) return [message];
    const content = message['content'].filter((block) => !isForeign(block));
    if (content.length === message['content'].length) return [message];
    removed = true;
    return content.length === 0 ? [] : [{ ...message, content }];
  });
  return removed ? kept : null;
}

function isForeign(block: unknown): boolean {
  if (!isObject(block)) return false;
  const { type, signature, data } = block;
  const text = type === 'thinking' ? signature : type === 'redacted_thinking' ? data : undefined;
  return typeof text === 'string' && text.startsWith(CARRIED_PREFIX);
}
