import type { OpaqueState } from '../canonical/request.ts';
import { isObject } from '../openai/accumulate.ts';

/**
 * Clients of this wire hand back `signature` and redacted thoughts as they got them, and never look inside. What other providers want
 * to see again travels there, marked by this prefix: Anthropic's own are base64 without a dot.
 */
export const CARRIED_PREFIX = 'offpeak.';

const PROVIDERS = ['openai', 'gemini', 'anthropic', 'bedrock'] as const;

export interface Carried {
  readonly state: OpaqueState;
  /** It belongs to the tool call behind it; a call has no place of its own for it. */
  readonly ofCall: boolean;
}

export function carry(state: OpaqueState, ofCall: boolean): string {
  const { from, form, data, id } = state;
  const json = JSON.stringify({
    from,
    form,
    data,
    ...(id === undefined ? {} : { id }),
    ...(ofCall ? { call: true } : {}),
  });
  return CARRIED_PREFIX + Buffer.from(json).toString('base64url');
}

/** Null: it is Anthropic's own, or was spoilt on its way. */
export function carried(text: string): Carried | null {
  if (!text.startsWith(CARRIED_PREFIX)) return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text.slice(CARRIED_PREFIX.length), 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  const { form, data, id, call } = value;
  const from = PROVIDERS.find((name) => name === value['from']);
  if (from === undefined || typeof form !== 'string' || typeof data !== 'string') return null;
  return { state: { from, form, data, ...(typeof id === 'string' ? { id } : {}) }, ofCall: call === true };
}

/** The state behind a thinking block's signature. */
export function signatureState(signature: string): OpaqueState {
  return carried(signature)?.state ?? { from: 'anthropic', form: 'signature', data: signature };
}
