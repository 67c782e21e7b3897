import type { AnswerFacts, WireHeaders } from '../codec.ts';
import { withExtras } from '../extras.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText } from '../json/read.ts';
import { scanObject, type Member } from '../json/scan.ts';
import { readTierWord, TIER_HEADER } from './answer-decode.ts';
import { readExtras, readUsage } from './usage.ts';

type FactName = 'output' | 'usage' | 'serviceTier' | 'performanceConfig' | 'trace';

const NAMES: Names<FactName> = compileNames(['output', 'usage', 'serviceTier', 'performanceConfig', 'trace']);

export function converseFacts(body: Buffer, headers: WireHeaders): AnswerFacts | null {
  const scan = scanObject(body, NAMES);
  if (!scan.ok || scan.members.output === undefined) return null;
  const { usage, serviceTier, performanceConfig, trace } = scan.members;
  const extras = readExtras(valueOf(body, performanceConfig), valueOf(body, trace));
  return {
    usage: withExtras(readUsage(valueOf(body, usage)), extras),
    tierWord: readTierWord(valueOf(body, serviceTier)) ?? headers[TIER_HEADER],
  };
}

/** Undefined where what stands between the brackets is no JSON after all. */
function valueOf(body: Buffer, member: Member | undefined): unknown {
  if (member === undefined) return undefined;
  try {
    return JSON.parse(rawText(body, member));
  } catch {
    return undefined;
  }
}
