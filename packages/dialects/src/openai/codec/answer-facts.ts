import type { AnswerFacts } from '../../codec.ts';
import type { Extra, Usage } from '../../dialect.ts';
import { withExtras } from '../../extras.ts';
import { compileNames, type Names } from '../../json/names.ts';
import { rawText, readString } from '../../json/read.ts';
import { scanObject, type Member } from '../../json/scan.ts';

const NAMES: Names<'usage' | 'service_tier'> = compileNames(['usage', 'service_tier']);

/** A `usage` object has a dozen counts; a larger value is not one. */
const usageBytesMax = 16_384;

/** Usage and tier of an answer that both wires of OpenAI tell at its top; `extrasOf`: what its bytes tell of other charges. */
export function readAnswerFacts(
  body: Buffer,
  usageOf: (raw: unknown) => Usage | null,
  extrasOf: (body: Buffer) => readonly Extra[],
): AnswerFacts | null {
  const scan = scanObject(body, NAMES);
  if (!scan.ok) return null;
  const { usage, service_tier: word } = scan.members;
  return {
    usage: withExtras(usageIn(body, usage, usageOf), extrasOf(body)),
    tierWord: word?.kind === 'string' ? readString(body, word) : undefined,
  };
}

function usageIn(body: Buffer, member: Member | undefined, usageOf: (raw: unknown) => Usage | null): Usage | null {
  if (member?.kind !== 'object' || member.end - member.start > usageBytesMax) return null;
  try {
    return usageOf(JSON.parse(rawText(body, member)));
  } catch {
    return null;
  }
}
