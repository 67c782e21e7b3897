import type { AnswerFacts, WireHeaders } from '../codec.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText } from '../json/read.ts';
import { scanObject, type Member } from '../json/scan.ts';
import { readTierWord, TIER_HEADER } from './answer-decode.ts';
import { readUsage } from './usage.ts';

const NAMES: Names<'output' | 'usage' | 'serviceTier'> = compileNames(['output', 'usage', 'serviceTier']);

export function converseFacts(body: Buffer, headers: WireHeaders): AnswerFacts | null {
  const scan = scanObject(body, NAMES);
  if (!scan.ok || scan.members.output === undefined) return null;
  const { usage, serviceTier } = scan.members;
  return {
    usage: readUsage(valueOf(body, usage)),
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
