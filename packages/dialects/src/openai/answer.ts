import type { Usage } from '../dialect.ts';
import { splice } from '../json/edit.ts';
import { compileNames, type Names } from '../json/names.ts';
import { rawText } from '../json/read.ts';
import { scanObject, type Member } from '../json/scan.ts';
import type { PostOperation } from './request.ts';
import { usageOf } from './usage.ts';

const ANSWER_NAMES: Names<'usage' | 'service_tier' | 'x_groq'> = compileNames(['usage', 'service_tier', 'x_groq']);

/** A `usage` object has a dozen counts; a larger value is not one. */
const usageBytesMax = 16_384;

export interface AnswerRead {
  readonly usage: Usage | null;
  /** The answer with the served tier in it; views of the engine's bytes around what was written. */
  readonly pieces: Buffer[];
}

/**
 * Reads a whole answer and writes the served tier into it, where the wire has a place for it: embeddings tell it in headers alone.
 * `groqId`: what a client of Groq's wire is to be told as the request's id. Null: it is not a JSON object, so the engine answered garbage.
 */
export function readAnswer(
  body: Buffer,
  operation: PostOperation,
  tierWord: string,
  groqId?: string,
): AnswerRead | null {
  const scan = scanObject(body, ANSWER_NAMES);
  if (!scan.ok) return null;
  const word = operation === 'embeddings' ? null : JSON.stringify(tierWord);
  const isMarked = groqId === undefined || scan.members.x_groq !== undefined;
  const mark = isMarked ? {} : { x_groq: JSON.stringify({ id: groqId }) };
  return { usage: usageIn(body, scan.members.usage), pieces: splice(body, scan, { service_tier: word, ...mark }) };
}

function usageIn(body: Buffer, member: Member | undefined): Usage | null {
  if (member?.kind !== 'object' || member.end - member.start > usageBytesMax) return null;
  try {
    return usageOf(JSON.parse(rawText(body, member)));
  } catch {
    return null;
  }
}
