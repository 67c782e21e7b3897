import type { Tier } from '@offpeak/core';

/**
 * `reserved` draws on capacity that was bought beforehand and overflows to the normal tier; without such a contract it is the normal tier,
 * and the answer says so. `standard` is Offpeak's own word for `default`.
 */
export const BEDROCK_TIERS: ReadonlyMap<string, Tier> = new Map<string, Tier>([
  ['default', 'standard'],
  ['priority', 'priority'],
  ['flex', 'flex'],
  ['reserved', 'standard'],
  ['standard', 'standard'],
]);

export const BEDROCK_TIER_WORDS: readonly string[] = ['default', 'priority', 'flex', 'reserved'];

const SERVED: Record<Tier, string> = { priority: 'priority', standard: 'default', flex: 'flex', batch: 'batch' };

export function bedrockServedWord(tier: Tier): string {
  return SERVED[tier];
}

/** Batch has none: it is a job of another API. */
export function bedrockAskWord(tier: Tier): string | null {
  return tier === 'batch' ? null : SERVED[tier];
}

export function bedrockServedTier(word: string | undefined): Tier | undefined {
  return word === undefined ? undefined : BEDROCK_TIERS.get(word);
}
