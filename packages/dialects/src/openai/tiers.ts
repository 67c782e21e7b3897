import type { Tier } from '@offpeak/core';

/**
 * `fast` is the newer name of `priority`. `scale` draws on a contract for reserved capacity at the normal price; without one it is
 * the normal tier, and the answer says so. `standard` is what OpenAI's own project settings call `default`.
 */
export const OPENAI_TIERS: ReadonlyMap<string, Tier | 'auto'> = new Map<string, Tier | 'auto'>([
  ['auto', 'auto'],
  ['default', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['fast', 'priority'],
  ['scale', 'standard'],
  ['standard', 'standard'],
]);

/** What errors offer: the vocabulary of OpenAI's own reference. */
export const OPENAI_TIER_WORDS: readonly string[] = ['auto', 'default', 'flex', 'priority', 'fast', 'scale'];

const SERVED: Record<Tier, string> = { priority: 'priority', standard: 'default', flex: 'flex', batch: 'batch' };

export function openaiServedWord(tier: Tier): string {
  return SERVED[tier];
}
