import type { AnswerPart, CanonicalAnswer, Choice } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { WireHeaders } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { callIdOf, piecesOf, type Piece } from './answer-pieces.ts';
import { readLogprobs } from './logprobs.ts';
import { readStop } from './stop-reasons.ts';
import { TIER_HEADER } from './tiers.ts';
import { readTierWord, readUsage } from './usage.ts';

export function decodeGeminiAnswer(body: JsonObject, headers: WireHeaders): CanonicalAnswer {
  const { responseId: id, modelVersion: model, usageMetadata } = body;
  const responseId = typeof id === 'string' && id !== '' ? id : undefined;
  const tierWord = readTierWord(usageMetadata) ?? headers[TIER_HEADER];
  return {
    ...(responseId === undefined ? {} : { id: responseId }),
    ...(typeof model === 'string' ? { model } : {}),
    choices: choicesOf(body, responseId),
    usage: readUsage(usageMetadata),
    ...(tierWord === undefined ? {} : { tierWord }),
  };
}

function choicesOf(body: JsonObject, responseId: string | undefined): Choice[] {
  const candidates = candidatesOf(body);
  if (candidates.length > 0) {
    const indexed = candidates.map((candidate, position) => ({ candidate, index: indexOf(candidate, position) }));
    return indexed.toSorted((a, b) => a.index - b.index).map(({ candidate }) => decodeChoice(candidate, responseId));
  }
  if (isBlocked(body)) return [{ parts: [], stop: 'filtered' }];
  throw new Garbled('the answer has no candidates and no reason why it was blocked');
}

export function candidatesOf({ candidates }: JsonObject): JsonObject[] {
  return Array.isArray(candidates) ? candidates.filter(isObject) : [];
}

/** A proto leaves out what is 0. */
export function indexOf({ index }: JsonObject, otherwise: number): number {
  return typeof index === 'number' && Number.isSafeInteger(index) && index >= 0 ? index : otherwise;
}

/** The prompt itself was refused: an answer with status 200 that has no candidates. */
export function isBlocked({ promptFeedback: feedback }: JsonObject): boolean {
  return isObject(feedback) && typeof feedback['blockReason'] === 'string';
}

function decodeChoice(candidate: JsonObject, responseId: string | undefined): Choice {
  const parts: AnswerPart[] = [];
  let calls = 0;
  for (const piece of piecesOf(candidate)) {
    if (piece.kind === 'call') {
      const { id, name, input, state } = piece;
      const made = callIdOf(id, responseId, calls);
      parts.push({ kind: 'tool-call', id: made, name, input, ...(state === undefined ? {} : { state }) });
      calls += 1;
    } else addPiece(parts, piece);
  }
  const logprobs = readLogprobs(candidate['logprobsResult']);
  return {
    parts,
    stop: readStop(candidate['finishReason'], calls),
    ...(logprobs === undefined ? {} : { logprobs }),
  };
}

/** Thoughts belong together up to a signature. */
function addPiece(parts: AnswerPart[], piece: Exclude<Piece, { kind: 'call' }>): void {
  const last = parts.at(-1);
  const open = last?.kind === 'reasoning' && last.state === undefined ? last : undefined;
  if (piece.kind === 'text') parts.push({ kind: 'text', text: piece.text });
  else if (piece.kind === 'state' && open !== undefined) parts[parts.length - 1] = { ...open, state: piece.state };
  else if (piece.kind === 'state') parts.push({ kind: 'reasoning', text: '', state: piece.state });
  else if (open !== undefined) parts[parts.length - 1] = { ...open, text: open.text + piece.text };
  else parts.push({ kind: 'reasoning', text: piece.text });
}
