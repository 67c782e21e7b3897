import type { AnswerPart, CanonicalAnswer, Choice } from '../../canonical/answer.ts';
import type { AnswerIdentity } from '../../codec.ts';
import type { JsonObject } from '../accumulate.ts';
import { callEntry, STATE_MEMBER, thoughtEntry } from './carried-state.ts';
import { finishReason, kindsOf } from './finish.ts';
import type { ChatFlavour } from './flavour.ts';
import { writeLogprobs } from './logprobs.ts';
import { writeUsage } from './usage-write.ts';

export function encodeChatAnswer(answer: CanonicalAnswer, as: AnswerIdentity, flavour: ChatFlavour): JsonObject {
  return {
    id: `chatcmpl-${as.id}`,
    object: 'chat.completion',
    created: as.created,
    model: as.model,
    choices: answer.choices.map((choice, index) => encodeChoice(choice, index, flavour)),
    ...(answer.usage === null ? {} : { usage: writeUsage(answer.usage) }),
    service_tier: as.tierWord(),
    ...(flavour.xGroq ? { x_groq: { id: `req_${as.id}` } } : {}),
  };
}

function encodeChoice(choice: Choice, index: number, flavour: ChatFlavour): JsonObject {
  const { logprobs } = choice;
  return {
    index,
    message: encodeMessage(choice.parts, flavour),
    logprobs:
      logprobs === undefined ? null : { content: writeLogprobs(logprobs), ...(flavour.xGroq ? {} : { refusal: null }) },
    finish_reason: finishReason(choice.stop, kindsOf(choice)),
  };
}

function encodeMessage(parts: readonly AnswerPart[], flavour: ChatFlavour): JsonObject {
  // Groq has no member for a model that declines: the words are its text.
  const wordKinds: readonly string[] = flavour.xGroq ? ['text', 'refusal'] : ['text'];
  const text = parts
    .map((part) => (part.kind !== 'tool-call' && wordKinds.includes(part.kind) ? part.text : ''))
    .join('');
  const refusal = textOfKind(parts, 'refusal');
  const thoughts = textOfKind(parts, 'reasoning');
  const calls = parts.filter((part) => part.kind === 'tool-call');
  const states = parts.flatMap(stateEntry);
  return {
    role: 'assistant',
    content: text !== '' || (calls.length === 0 && refusal === '') ? text : null,
    ...(flavour.xGroq ? {} : { refusal: refusal === '' ? null : refusal }),
    ...(thoughts === '' ? {} : { [flavour.thoughts]: thoughts }),
    ...(states.length === 0 ? {} : { [STATE_MEMBER]: states }),
    ...(calls.length === 0 ? {} : { tool_calls: calls.map(encodeCall) }),
  };
}

function textOfKind(parts: readonly AnswerPart[], kind: 'refusal' | 'reasoning'): string {
  return parts.map((part) => (part.kind === kind ? part.text : '')).join('');
}

function stateEntry(part: AnswerPart): JsonObject[] {
  if (part.kind === 'reasoning' && part.state !== undefined) return [thoughtEntry(part.text, part.state)];
  if (part.kind === 'tool-call' && part.state !== undefined) return [callEntry(part.id, part.state)];
  return [];
}

function encodeCall(call: Extract<AnswerPart, { kind: 'tool-call' }>): JsonObject {
  return { id: call.id, type: 'function', function: { name: call.name, arguments: call.input } };
}
