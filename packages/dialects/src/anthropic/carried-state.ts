import type { OpaqueState } from '../canonical/request.ts';
import { isObject } from '../openai/accumulate.ts';

/**
 * Clients of this wire hand back `signature` and redacted thoughts as they got them, and never look inside. What other providers want
 * to see again travels there, marked by this prefix: Anthropic's own are base64 without a dot. Alone, it marks thoughts of a provider
 * that signs nothing. None of it may reach Anthropic, which takes it for a forgery; see `forward.ts`.
 */
export const CARRIED_PREFIX = 'offpeak.';

const PROVIDERS = ['openai', 'gemini', 'anthropic', 'bedrock'] as const;

export interface Carried {
  /** Absent where there is none, or it was spoilt on its way. */
  readonly state?: OpaqueState;
  /** It belongs to the tool call behind it; a call has no place of its own for it. */
  readonly ofCall: boolean;
}

export function carry(state: OpaqueState, ofCall: boolean): string {
  const { from, form, data, id } = state;
  const members = { from, form, data, ...(id === undefined ? {} : { id }), ...(ofCall ? { call: true } : {}) };
  return CARRIED_PREFIX + Buffer.from(JSON.stringify(members)).toString('base64url');
}

/** What a `signature` holds, or the `data` of redacted thoughts. */
export function carriedIn(text: string, own: 'signature' | 'redacted'): Carried {
  if (!text.startsWith(CARRIED_PREFIX)) return { state: { from: 'anthropic', form: own, data: text }, ofCall: false };
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text.slice(CARRIED_PREFIX.length), 'base64url').toString('utf8'));
  } catch {
    return { ofCall: false };
  }
  if (!isObject(value)) return { ofCall: false };
  const { form, data, id, call } = value;
  const from = PROVIDERS.find((name) => name === value['from']);
  if (from === undefined || typeof form !== 'string' || typeof data !== 'string') return { ofCall: false };
  return { state: { from, form, data, ...(typeof id === 'string' ? { id } : {}) }, ofCall: call === true };
}
