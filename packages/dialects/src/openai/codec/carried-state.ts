import type { OpaqueState, ReasoningPart } from '../../canonical/request.ts';
import type { JsonObject } from '../accumulate.ts';
import type { Fields } from './fields.ts';

/**
 * The chat wire has no place for what other providers want to see again: signatures of thoughts, encrypted thoughts. A message of
 * an answer that came with such state carries it in this member, and a client that sends the message back as it got it returns it. It never reaches an
 * upstream: translation reads it, and a request that is forwarded as bytes has it taken out (`wire-request.ts`).
 *
 * One entry per state: `{from, form, data, id?}`, with `call` for the tool call that it belongs to, or `text` for the thoughts that it
 * vouches for, which may not change by a character.
 */
export const STATE_MEMBER = 'offpeak_state';

const PROVIDERS = ['openai', 'gemini', 'anthropic', 'bedrock'] as const;

export function thoughtEntry(text: string, state: OpaqueState): JsonObject {
  return { ...state, text };
}

export function callEntry(call: string, state: OpaqueState): JsonObject {
  return { ...state, call };
}

export interface CarriedState {
  readonly thoughts: readonly ReasoningPart[];
  readonly calls: ReadonlyMap<string, OpaqueState>;
}

export function carriedState(entries: readonly Fields[]): CarriedState {
  const thoughts: ReasoningPart[] = [];
  const calls = new Map<string, OpaqueState>();
  for (const entry of entries) {
    const from = entry.oneOf('from', PROVIDERS);
    if (from === undefined) throw entry.invalid('from', `it must be one of ${PROVIDERS.join(', ')}`);
    const id = entry.text('id');
    const state: OpaqueState = {
      from,
      form: entry.requiredText('form'),
      data: entry.requiredText('data'),
      ...(id === undefined ? {} : { id }),
    };
    const call = entry.text('call');
    if (call !== undefined) calls.set(call, state);
    else thoughts.push({ kind: 'reasoning', text: entry.text('text') ?? '', state });
    entry.finish();
  }
  return { thoughts, calls };
}
