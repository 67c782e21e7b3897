import type { AnswerPart, TokenLogprob } from '../canonical/answer.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { encryptedContent } from './reasoning-state.ts';

type Call = Extract<AnswerPart, { kind: 'tool-call' }>;

/** An answer's items, each with the id that its events go by. */
export type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export function messageItem(id: string, status: ItemStatus, content: readonly JsonObject[]): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content };
}

export function textContent(text: string, logprobs: readonly TokenLogprob[]): JsonObject {
  return { type: 'output_text', annotations: [], logprobs: writeTokenLogprobs(logprobs), text };
}

export function refusalContent(text: string): JsonObject {
  return { type: 'refusal', refusal: text };
}

/** Its own id where the thoughts are OpenAI's: the two belong together. */
export function reasoningItem(id: string, text: string, state: OpaqueState | undefined, ofCall: boolean): JsonObject {
  return {
    id,
    type: 'reasoning',
    summary: text === '' ? [] : [{ type: 'summary_text', text }],
    ...(state === undefined ? {} : { encrypted_content: encryptedContent(state, ofCall) }),
  };
}

export function callItem(id: string, status: ItemStatus, call: Pick<Call, 'id' | 'name' | 'input'>): JsonObject {
  return { id, type: 'function_call', status, arguments: call.input, call_id: call.id, name: call.name };
}

/** The bytes are required here: where an upstream left them out they are those of the token's text. */
export function writeTokenLogprobs(logprobs: readonly TokenLogprob[]): JsonObject[] {
  return logprobs.map(({ top, ...token }) => ({ ...withBytes(token), top_logprobs: top.map(withBytes) }));
}

function withBytes({ token, logprob, bytes }: TokenLogprob['top'][number]): JsonObject {
  return { token, bytes: bytes ?? [...Buffer.from(token)], logprob };
}
