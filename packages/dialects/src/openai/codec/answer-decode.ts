import type { AnswerPart, CanonicalAnswer, Choice } from '../../canonical/answer.ts';
import { Garbled, Undecodable } from '../../canonical/feature.ts';
import { isObject, type JsonObject } from '../accumulate.ts';
import { usageOf } from '../usage.ts';
import { carriedState, STATE_MEMBER, type CarriedState } from './carried-state.ts';
import { Fields } from './fields.ts';
import { kindsOf, readEnding } from './finish.ts';
import { readLogprobs } from './logprobs.ts';

export function decodeChatAnswer(body: JsonObject): CanonicalAnswer {
  const { id, model, choices, service_tier: tierWord } = body;
  if (!Array.isArray(choices)) throw new Garbled('the answer has no choices');
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof model === 'string' ? { model } : {}),
    choices: [...choices].sort(byIndex).map(decodeChoice),
    usage: usageOf(body['usage']),
    ...(typeof tierWord === 'string' ? { tierWord } : {}),
  };
}

function byIndex(a: unknown, b: unknown): number {
  return indexOf(a) - indexOf(b);
}

function indexOf(choice: unknown): number {
  return isObject(choice) && typeof choice['index'] === 'number' ? choice['index'] : 0;
}

function decodeChoice(choice: unknown): Choice {
  if (!isObject(choice)) throw new Garbled('a choice of the answer is no object');
  const { message } = choice;
  if (!isObject(message)) throw new Garbled('a choice of the answer has no message');
  const parts = decodeMessage(message);
  const logprobs = isObject(choice['logprobs']) ? readLogprobs(choice['logprobs']['content']) : undefined;
  return {
    parts,
    ...readEnding(choice['finish_reason'], choice['stop_reason'], kindsOf({ parts })),
    ...(logprobs === undefined ? {} : { logprobs }),
  };
}

function decodeMessage(message: JsonObject): AnswerPart[] {
  const carried = readCarried(message);
  const { content, refusal, tool_calls: calls } = message;
  const parts: AnswerPart[] = thoughtsOf(message, carried);
  const text = textOf(content);
  if (text !== '') parts.push({ kind: 'text', text });
  if (typeof refusal === 'string' && refusal !== '') parts.push({ kind: 'refusal', text: refusal });
  if (Array.isArray(calls)) calls.forEach((call, index) => parts.push(decodeCall(call, index, carried)));
  return parts;
}

/** Some servers answer in parts, as requests may ask. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('');
}

function thoughtsOf(message: JsonObject, carried: CarriedState): AnswerPart[] {
  if (carried.thoughts.length > 0) return [...carried.thoughts];
  const text = thoughtText(message);
  return text === '' ? [] : [{ kind: 'reasoning', text }];
}

/** The two names of the same: servers write either, and some of them both. */
export function thoughtText(holder: JsonObject): string {
  const { reasoning, reasoning_content: content } = holder;
  if (typeof reasoning === 'string' && reasoning !== '') return reasoning;
  return typeof content === 'string' ? content : '';
}

/** State that another gateway of this kind put there. */
export function readCarried(holder: JsonObject): CarriedState {
  const entries = holder[STATE_MEMBER];
  if (!Array.isArray(entries)) return { thoughts: [], calls: new Map() };
  try {
    return carriedState(entries.map((entry, index) => new Fields(entry, `${STATE_MEMBER}[${index}]`)));
  } catch (error) {
    if (error instanceof Undecodable) throw new Garbled(`${error.param}: ${error.message}`);
    throw error;
  }
}

function decodeCall(call: unknown, index: number, carried: CarriedState): AnswerPart {
  const called = isObject(call) ? call['function'] : undefined;
  if (!isObject(call) || !isObject(called) || typeof called['name'] !== 'string') {
    throw new Garbled('a tool call of the answer names no function');
  }
  const id = typeof call['id'] === 'string' && call['id'] !== '' ? call['id'] : `call_${index}`;
  const state = carried.calls.get(id);
  return {
    kind: 'tool-call',
    id,
    name: called['name'],
    input: inputText(called['arguments']),
    ...(state === undefined ? {} : { state }),
  };
}

/** Some engines hand the arguments over parsed. */
export function inputText(input: unknown): string {
  if (typeof input === 'string') return input.trim() === '' ? '{}' : input;
  return isObject(input) ? JSON.stringify(input) : '{}';
}
