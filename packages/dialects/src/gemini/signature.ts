import type { OpaqueState } from '../canonical/request.ts';

/**
 * `thoughtSignature` is the wire's one place for what a provider wants to see again. It is a proto's `bytes`, so clients in some languages
 * decode it and write it in another base64 alphabet. State of other providers goes through it in an envelope; this is how one begins, in
 * base64 of either alphabet.
 */
const MARK = 'offpeak::';
export const MARK_BASE64: string = Buffer.from(MARK).toString('base64');

const PROVIDERS: readonly OpaqueState['from'][] = ['openai', 'gemini', 'anthropic', 'bedrock'];

/**
 * Stands for the signature of a call that Gemini did not make: without one, models from Gemini 3 on refuse the request.
 * https://ai.google.dev/gemini-api/docs/thought-signatures, as of 2026-11.
 */
export const FOREIGN_CALL = 'skip_thought_signature_validator';

/** All such stand-ins that the same page names, the first of them as base64 of the other alphabet too. */
const STAND_INS = [FOREIGN_CALL, FOREIGN_CALL.replaceAll('_', '/'), 'context_engineering_is_the_way_to_go'];

/**
 * Stands in an answer for the signature of a call that another made, and comes back with the call: only then can the conversation go on at
 * Gemini, as the request itself or what becomes of it there.
 */
export const MADE_ELSEWHERE: string = Buffer.from(`${MARK}[]`).toString('base64');

/** Carries any provider's state through a client of this wire. */
export function signatureOf(state: OpaqueState): string {
  if (state.from === 'gemini') return state.data;
  const { from, form, data, id } = state;
  return Buffer.from(MARK + JSON.stringify(id === undefined ? [from, form, data] : [from, form, data, id])).toString(
    'base64',
  );
}

/** The other way round. Undefined where the signature stands for none. */
export function stateOf(signature: string): OpaqueState | undefined {
  if (signature === '' || STAND_INS.includes(signature)) return undefined;
  return isForeign(signature) ? opened(signature) : { from: 'gemini', form: 'thoughtSignature', data: signature };
}

export function isForeign(signature: string): boolean {
  return signature.startsWith(MARK_BASE64);
}

function opened(signature: string): OpaqueState | undefined {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(signature, 'base64').toString('utf8').slice(MARK.length));
  } catch {
    return undefined;
  }
  if (!Array.isArray(content) || !content.every((entry) => typeof entry === 'string')) return undefined;
  const [provider, form, data, id] = content;
  const from = PROVIDERS.find((known) => known === provider);
  if (from === undefined || form === undefined || data === undefined) return undefined;
  return { from, form, data, ...(id === undefined ? {} : { id }) };
}
