import type { StreamPart } from '../../canonical/answer.ts';
import type { AnswerCan } from '../../canonical/testing/answers.ts';
import type { AnswerIdentity, StreamWish } from '../../codec.ts';
import type { JsonObject } from '../../openai/accumulate.ts';
import { ANTHROPIC_CODEC as CODEC } from '../codec.ts';

export const WISH: StreamWish = { includeUsage: true, inputTokens: 77, request: {} };

export function identity(tierWord: () => string = () => 'standard'): AnswerIdentity {
  return { id: '01', model: 'chat', created: 1_790_000_000, tierWord };
}

/** Every answer that this wire can give, other providers' state included, which it carries. */
export const CAN: AnswerCan = {
  choicesMax: 1,
  refusals: false,
  thoughts: true,
  bareThoughts: true,
  states: ['anthropic', 'openai', 'gemini', 'bedrock'],
  callStates: ['anthropic', 'gemini'],
  stops: ['end', 'stop', 'length', 'refusal'],
  stopSequences: true,
  logprobs: false,
  logprobBytes: false,
  texts: false,
  cacheWrite: true,
  callId: (call) => `toolu_${call}`,
};

/** What the identity comes to when an answer is read again. */
export const TOLD = { id: 'msg_01', model: 'chat', tierWord: 'standard' };

export function asJson(object: object): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}

export function writeStream(parts: readonly StreamPart[], as: AnswerIdentity = identity()): Buffer {
  const encoder = CODEC.streamEncoder(as, WISH);
  return Buffer.concat([...parts.map((part) => encoder.write([part])), encoder.end()]);
}

/** `cuts`: where the bytes come apart. */
export function readStream(bytes: Buffer, cuts: readonly number[] = []): StreamPart[] {
  const decoder = CODEC.streamDecoder({});
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.flatMap((end, at) => decoder.push(bytes.subarray(ends[at - 1] ?? 0, end)));
}

export function writtenEvent(data: { readonly type: string } & JsonObject): string {
  return `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
}
