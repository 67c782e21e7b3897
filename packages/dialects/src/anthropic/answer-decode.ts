import type { AnswerPart, CanonicalAnswer } from '../canonical/answer.ts';
import { Garbled } from '../canonical/feature.ts';
import type { OpaqueState } from '../canonical/request.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import { carriedIn, type Carried } from './carried-state.ts';
import { readEnding } from './stop-reasons.ts';
import { readCounts, tierWordOf, usageOf } from './usage.ts';

/** Throws `Garbled`. */
export function decodeAnthropicAnswer(body: JsonObject): CanonicalAnswer {
  const { id, model, content, stop_reason: reason, stop_sequence: sequence, usage } = body;
  if (body['type'] !== 'message' || !Array.isArray(content)) throw new Garbled('the answer is no message');
  if (typeof reason !== 'string') throw new Garbled('the message does not say why it ends');
  const tierWord = tierWordOf(usage);
  const parts = [...decodeBlocks(content), ...explanationOf(body['stop_details'])];
  return {
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof model === 'string' ? { model } : {}),
    choices: [{ parts, ...readEnding(reason, sequence) }],
    usage: usageOf(readCounts(usage)),
    ...(tierWord === undefined ? {} : { tierWord }),
  };
}

function decodeBlocks(content: readonly unknown[]): AnswerPart[] {
  let callState: OpaqueState | undefined;
  return content.flatMap((raw): AnswerPart[] => {
    if (!isObject(raw)) throw new Garbled('a block of the message is no object');
    const { type, text, thinking, signature, input } = raw;
    switch (type) {
      case 'text':
        return text === '' ? [] : [{ kind: 'text', text: stringIn(text, 'a text') }];
      case 'thinking':
        return thoughts(stringIn(thinking, 'a thought'), signature);
      case 'redacted_thinking': {
        const { state, ofCall } = hiddenThoughts(raw);
        if (ofCall) callState = state;
        return ofCall || state === undefined ? [] : [{ kind: 'reasoning', text: '', state }];
      }
      case 'tool_use': {
        const state = callState === undefined ? {} : { state: callState };
        callState = undefined;
        return [{ kind: 'tool-call', ...callOf(raw), input: JSON.stringify(input ?? {}), ...state }];
      }
      default:
        throw unaskedFor(type);
    }
  });
}

function thoughts(text: string, signature: unknown): AnswerPart[] {
  const state = stateOf(signature);
  if (state !== undefined) return [{ kind: 'reasoning', text, state }];
  return text === '' ? [] : [{ kind: 'reasoning', text }];
}

export function stateOf(signature: unknown): OpaqueState | undefined {
  return typeof signature === 'string' && signature !== '' ? carriedIn(signature, 'signature').state : undefined;
}

export function hiddenThoughts(block: JsonObject): Carried {
  return carriedIn(stringIn(block['data'], 'a redacted thought'), 'redacted');
}

export function callOf(block: JsonObject): { readonly id: string; readonly name: string } {
  return { id: stringIn(block['id'], "a tool call's id"), name: stringIn(block['name'], "a tool call's name") };
}

export function stringIn(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new Garbled(`${what} is not a string`);
}

/** What a request did not ask for, because no translated request can: tools that run at the provider, and what they found. */
export function unaskedFor(type: unknown): Garbled {
  return new Garbled(
    `the message has a block of an unknown type${typeof type === 'string' ? `, ${type.slice(0, 64)}` : ''}`,
  );
}

/** Why an answer was not given is told beside the answer here. */
export function explanationOf(details: unknown): { readonly kind: 'refusal'; readonly text: string }[] {
  const explanation = isObject(details) ? details['explanation'] : undefined;
  return typeof explanation === 'string' && explanation !== '' ? [{ kind: 'refusal', text: explanation }] : [];
}
