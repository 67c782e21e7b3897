import type { OpaqueState } from '../canonical/request.ts';
import { isObject } from '../openai/accumulate.ts';

/**
 * Reasoning items have a place for what their provider wants to see again, `encrypted_content`, and clients hand it back unread. OpenAI's
 * own goes there as it is, beside its item's id; another provider's goes there marked by this prefix. None of that may reach OpenAI,
 * which could not decrypt it; see `request-read.ts`.
 */
export const CARRIED_PREFIX = 'offpeak.';

const PROVIDERS = ['openai', 'gemini', 'anthropic', 'bedrock'] as const;

export interface ItemState {
  /** Absent where it was spoilt on its way. */
  readonly state?: OpaqueState;
  /** It belongs to the function call behind its item: calls have no such place. */
  readonly ofCall: boolean;
}

export function encryptedContent(state: OpaqueState, ofCall: boolean): string {
  if (state.from === 'openai' && state.form === 'encrypted' && !ofCall) return state.data;
  return CARRIED_PREFIX + Buffer.from(JSON.stringify({ ...state, ofCall })).toString('base64url');
}

export function stateOf(encrypted: string, itemId: string | undefined): ItemState {
  if (!isCarried(encrypted)) {
    const id = itemId === undefined ? {} : { id: itemId };
    return { state: { from: 'openai', form: 'encrypted', data: encrypted, ...id }, ofCall: false };
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(encrypted.slice(CARRIED_PREFIX.length), 'base64url').toString('utf8'));
  } catch {
    return { ofCall: false };
  }
  const { from, form, data, id, ofCall } = isObject(value) ? value : {};
  const provider = PROVIDERS.find((name) => name === from);
  if (provider === undefined || typeof form !== 'string' || typeof data !== 'string') return { ofCall: false };
  const state = { from: provider, form, data, ...(typeof id === 'string' ? { id } : {}) };
  return { state, ofCall: ofCall === true };
}

export function isCarried(encrypted: unknown): boolean {
  return typeof encrypted === 'string' && encrypted.startsWith(CARRIED_PREFIX);
}
