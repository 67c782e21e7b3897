import type { AnswerFacts } from '../codec.ts';
import type { Extra } from '../dialect.ts';
import { withExtras } from '../extras.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText, readString } from '../json/read.ts';
import { scanObject } from '../json/scan.ts';
import { readCounts, tierWordOf, usageOf } from './usage.ts';

const NAMES: Names<'type' | 'usage' | 'container'> = compileNames(['type', 'usage', 'container']);

/** A `usage` object has a dozen counts; a larger value is not one. */
const usageBytesMax = 16_384;

export function readAnthropicFacts(body: Buffer): AnswerFacts | null {
  const scan = scanObject(body, NAMES);
  if (!scan.ok) return null;
  const { type, usage, container } = scan.members;
  if (type?.kind !== 'string' || readString(body, type) !== 'message') return null;
  if (usage?.kind !== 'object' || usage.end - usage.start > usageBytesMax) return { usage: null, tierWord: undefined };
  try {
    const raw: unknown = JSON.parse(rawText(body, usage));
    const found: readonly Extra[] = container?.kind === 'object' ? ['tools'] : [];
    return { usage: withExtras(usageOf(readCounts(raw)), found), tierWord: tierWordOf(raw) };
  } catch {
    return { usage: null, tierWord: undefined };
  }
}
