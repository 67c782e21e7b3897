import type { OpaqueState } from '../canonical/request.ts';
import { isObject } from '../openai/accumulate.ts';

/** No model signs its thoughts with this. */
export const CARRIED_PREFIX = 'offpeak:';

const PROVIDERS: readonly unknown[] = ['openai', 'gemini', 'anthropic', 'bedrock'] satisfies OpaqueState['from'][];

export interface CarriedState {
  readonly state: OpaqueState;
  /** The tool call that it belongs to, where it is none of thoughts. */
  readonly call?: string;
}

/**
 * What another provider wants to see again, as the signature of a thought: the one member of this wire that clients hand back as they got
 * it. The state of a tool call goes before the call, as the signature of an empty thought.
 */
export function carry(carried: CarriedState): string {
  return CARRIED_PREFIX + Buffer.from(JSON.stringify(carried)).toString('base64url');
}

/** Null: the signature is the model's own. */
export function carriedBy(signature: string): CarriedState | null {
  if (!signature.startsWith(CARRIED_PREFIX)) return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(signature.slice(CARRIED_PREFIX.length), 'base64url').toString());
  } catch {
    return null;
  }
  if (!isObject(value) || !isObject(value['state'])) return null;
  const { from, form, data, id } = value['state'];
  if (!PROVIDERS.includes(from) || typeof form !== 'string' || typeof data !== 'string') return null;
  const state = { from: from as OpaqueState['from'], form, data, ...(typeof id === 'string' ? { id } : {}) };
  return typeof value['call'] === 'string' ? { state, call: value['call'] } : { state };
}
