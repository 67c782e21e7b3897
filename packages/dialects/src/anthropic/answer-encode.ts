import type { AnswerPart, CanonicalAnswer } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import type { Usage } from '../dialect.ts';
import { parseNested } from '../json/nested.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { CARRIED_PREFIX, carry } from './carried-state.ts';
import { writeEnding } from './stop-reasons.ts';
import { messageUsage } from './usage.ts';

export function encodeAnthropicAnswer(answer: CanonicalAnswer, as: AnswerIdentity, wish: StreamWish): JsonObject {
  const [choice] = answer.choices;
  if (choice === undefined) throw new Garbled('the answer has no choice');
  return {
    ...messageHead(as),
    content: choice.parts.flatMap(encodePart),
    ...writeEnding(
      choice,
      choice.parts.some(({ kind }) => kind === 'refusal'),
    ),
    usage: messageUsage(answer.usage ?? estimatedUsage(wish), as.tierWord()),
  };
}

/** What comes before the content. */
export function messageHead(as: AnswerIdentity): JsonObject {
  return {
    id: `msg_${as.id}`,
    type: 'message',
    role: 'assistant',
    model: as.model,
    container: null,
    diagnostics: null,
  };
}

/** Counts are required here, also where nobody has counted yet, or ever did. */
export function estimatedUsage(wish: StreamWish): Usage {
  return { input: wish.inputTokens, cachedInput: 0, output: 0, reasoning: 0 };
}

function encodePart(part: AnswerPart): JsonObject[] {
  switch (part.kind) {
    // There is no block for refusals; the stop reason tells that these words decline.
    case 'text':
    case 'refusal':
      return [{ type: 'text', text: part.text, citations: null }];
    case 'reasoning':
      return [thinkingBlock(part.text, part.state)];
    case 'tool-call': {
      const { id, name, input, state } = part;
      const call = { ...callBlock(id, name), input: parsedInput(input) };
      return state === undefined ? [call] : [callStateBlock(state), call];
    }
  }
}

function thinkingBlock(text: string, state: OpaqueState | undefined): JsonObject {
  if (state !== undefined && text === '' && !isSignature(state)) return hiddenBlock(state);
  return { type: 'thinking', thinking: text, signature: signatureOf(state) };
}

export function isSignature(state: OpaqueState): boolean {
  return state.from === 'anthropic' && state.form === 'signature';
}

export function signatureOf(state: OpaqueState | undefined): string {
  if (state === undefined) return CARRIED_PREFIX;
  return isSignature(state) ? state.data : carry(state, false);
}

/** Thoughts that are not shown. */
export function hiddenBlock(state: OpaqueState): JsonObject {
  const isOwn = state.from === 'anthropic' && state.form === 'redacted';
  return { type: 'redacted_thinking', data: isOwn ? state.data : carry(state, false) };
}

/** Stands before the call that it belongs to; clients keep blocks in their order. */
export function callStateBlock(state: OpaqueState): JsonObject {
  return { type: 'redacted_thinking', data: carry(state, true) };
}

export function callBlock(id: string, name: string): JsonObject {
  return { type: 'tool_use', id, name, input: {}, caller: { type: 'direct' } };
}

/**
 * What a confused model wrote instead of an object is wrapped as Anthropic's documentation of fine-grained tool streaming has it, so that
 * the client can hand it back.
 */
function parsedInput(json: string): JsonObject {
  if (json.trim() === '') return {};
  try {
    const value: unknown = parseNested(json);
    if (isObject(value)) return value;
  } catch {
    // An answer that was cut at its bound ends in the middle of its JSON.
  }
  return { INVALID_JSON: json };
}
