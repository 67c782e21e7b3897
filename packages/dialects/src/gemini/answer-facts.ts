import type { AnswerFacts, WireHeaders } from '../codec.ts';
import { withExtras } from '../extras.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText } from '../json/read.ts';
import { scanObject, type Member } from '../json/scan.ts';
import { TIER_HEADER } from './tiers.ts';
import { groundingIn, readTierWord, readUsage } from './usage.ts';

type FactName = 'candidates' | 'promptFeedback' | 'usageMetadata';

const NAMES: Names<FactName> = compileNames(['candidates', 'promptFeedback', 'usageMetadata']);

/** Counts by modality included, it is a few hundred bytes; a larger value is none. */
const usageBytesMax = 16_384;

/** An answer has candidates, or says why there are none. */
export function readAnswerFacts(body: Buffer, headers: WireHeaders): AnswerFacts | null {
  const scan = scanObject(body, NAMES);
  if (!scan.ok) return null;
  const { candidates, promptFeedback, usageMetadata } = scan.members;
  if (candidates === undefined && promptFeedback === undefined) return null;
  const metadata = parsed(body, usageMetadata);
  return {
    usage: withExtras(readUsage(metadata), groundingIn(body)),
    tierWord: readTierWord(metadata) ?? headers[TIER_HEADER],
  };
}

function parsed(body: Buffer, member: Member | undefined): unknown {
  if (member?.kind !== 'object' || member.end - member.start > usageBytesMax) return undefined;
  try {
    return JSON.parse(rawText(body, member));
  } catch {
    return undefined;
  }
}
