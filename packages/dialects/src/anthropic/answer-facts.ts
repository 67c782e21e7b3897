import type { AnswerFacts } from '../codec.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText, readString } from '../json/read.ts';
import { scanObject } from '../json/scan.ts';
import { readCounts, tierWordOf, usageOf } from './usage.ts';

const NAMES: Names<'type' | 'usage'> = compileNames(['type', 'usage']);

/** A `usage` object has a dozen counts; a larger value is not one. */
const usageBytesMax = 16_384;

export function readAnthropicFacts(body: Buffer): AnswerFacts | null {
  const scan = scanObject(body, NAMES);
  if (!scan.ok) return null;
  const { type, usage } = scan.members;
  if (type?.kind !== 'string' || readString(body, type) !== 'message') return null;
  if (usage?.kind !== 'object' || usage.end - usage.start > usageBytesMax) return { usage: null, tierWord: undefined };
  try {
    const raw: unknown = JSON.parse(rawText(body, usage));
    return { usage: usageOf(readCounts(raw)), tierWord: tierWordOf(raw) };
  } catch {
    return { usage: null, tierWord: undefined };
  }
}
