import type { CanonicalAnswer, Choice, StopReason, TokenLogprob } from '../canonical/answer.ts';
import type { AnswerIdentity } from '../codec.ts';
import { parseNested } from '../json/nested.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { writeLogprobs } from './logprobs.ts';
import { addSaid, answeredCall } from './parts-encode.ts';
import { signatureOf } from './signature.ts';
import { writeFinish } from './stop-reasons.ts';
import { writeUsage } from './usage.ts';

export function encodeGeminiAnswer(answer: CanonicalAnswer, as: AnswerIdentity): JsonObject {
  return {
    candidates: answer.choices.map(encodeChoice),
    usageMetadata: writeUsage(answer.usage, as.tierWord()),
    modelVersion: as.model,
    responseId: as.id,
  };
}

function encodeChoice({ parts, stop, logprobs }: Choice, index: number): JsonObject {
  const said: JsonObject[] = [];
  const malformed: string[] = [];
  for (const part of parts) {
    if (part.kind !== 'tool-call') {
      addSaid(said, part, signatureOf);
      continue;
    }
    const args = readArgs(part.input);
    if (args === undefined) malformed.push(`${part.name}(${part.input})`);
    else said.push(answeredCall(part, args, !said.some((before) => 'functionCall' in before)));
  }
  return {
    ...contentOf(said, stop),
    ...writeFinish(stop, malformed),
    index,
    ...(logprobs === undefined ? {} : { avgLogprobs: averageOf(logprobs), logprobsResult: writeLogprobs(logprobs) }),
  };
}

/**
 * A content without parts is not valid to the SDK's chats, and the turn is dropped from their history. That is right for an answer that was withheld
 * only; an empty one says its nothing as text.
 */
export function contentOf(parts: readonly JsonObject[], stop: StopReason): JsonObject {
  if (parts.length > 0) return { content: { parts, role: 'model' } };
  return stop === 'filtered' || stop === 'refusal' ? {} : { content: { parts: [{ text: '' }], role: 'model' } };
}

/** Undefined where a confused model wrote something else than an object. No text at all is how some engines call without arguments. */
export function readArgs(input: string): JsonObject | undefined {
  if (input.trim() === '') return {};
  try {
    const args: unknown = parseNested(input);
    return isObject(args) ? args : undefined;
  } catch {
    return undefined;
  }
}

function averageOf(logprobs: readonly TokenLogprob[]): number {
  return logprobs.length === 0 ? 0 : logprobs.reduce((sum, { logprob }) => sum + logprob, 0) / logprobs.length;
}
