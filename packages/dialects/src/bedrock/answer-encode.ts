import type { AnswerPart, CanonicalAnswer } from '../canonical/answer.ts';
import type { OpaqueState } from '../canonical/request.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import { parseNested } from '../json/nested.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { carry } from './carried-state.ts';
import { reasoningBlock } from './messages-encode.ts';
import { writeEnding } from './stop-reasons.ts';
import { writeUsage } from './usage.ts';

/** The wire has one choice, and no name for the answer or its model. */
export function encodeConverseAnswer(answer: CanonicalAnswer, as: AnswerIdentity, wish: StreamWish): JsonObject {
  const [choice] = answer.choices;
  if (choice === undefined) throw new Error('an answer without a choice cannot be written');
  return {
    output: { message: { role: 'assistant', content: choice.parts.flatMap(encodePart) } },
    ...writeEnding(choice, wish.request),
    ...(answer.usage === null ? {} : { usage: writeUsage(answer.usage) }),
    metrics: writeMetrics(as),
    serviceTier: { type: as.tierWord() },
  };
}

export function writeMetrics(as: AnswerIdentity): JsonObject {
  return { latencyMs: Math.round(as.elapsedMs?.() ?? 0) };
}

function encodePart(part: AnswerPart): object[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? [] : [{ text: part.text }];
    case 'reasoning':
      if (part.state === undefined) return [{ reasoningContent: { reasoningText: { text: part.text } } }];
      return [thoughtOf(part.text, part.state)];
    case 'tool-call': {
      const call = { toolUse: { toolUseId: part.id, name: part.name, input: inputOf(part.input) } };
      return part.state === undefined ? [call] : [thoughtOf('', part.state, part.id), call];
    }
  }
}

function thoughtOf(text: string, state: OpaqueState, call?: string): object {
  const own = state.from === 'bedrock' && call === undefined;
  return reasoningBlock(text, own ? state.form : 'signature', signatureOf(state, call));
}

/** What stands in the place of a signature: Bedrock's own, or somebody else's state in an envelope. */
export function signatureOf(state: OpaqueState, call?: string): string {
  if (call !== undefined) return carry({ state, call });
  return state.from === 'bedrock' ? state.data : carry({ state });
}

/** What a confused model wrote instead of an object is handed on as the text that it is. */
function inputOf(text: string): unknown {
  if (text === '') return {};
  try {
    const value: unknown = parseNested(text);
    return isObject(value) ? value : text;
  } catch {
    return text;
  }
}
