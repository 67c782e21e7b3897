import { TIERS, type Tier } from '@offpeak/core';

/**
 * Anthropic's two words first: `auto` draws on bought capacity where there is some, `standard_only` never does. It sells no flex and has
 * no word for it, so Offpeak's own words are taken as well; none of them means anything else here.
 */
export const ANTHROPIC_TIERS: ReadonlyMap<string, Tier | 'auto'> = new Map<string, Tier | 'auto'>([
  ['auto', 'auto'],
  ['standard_only', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['standard', 'standard'],
]);

export const ANTHROPIC_TIER_WORDS: readonly string[] = ['auto', 'standard_only', 'flex', 'priority'];

/** What `usage.service_tier` says: Anthropic's `standard`, `priority` and `batch`, and Offpeak's own addition `flex`. */
export function anthropicServedWord(tier: Tier): string {
  return tier;
}

/** The other way round; `flex` comes from another Offpeak only. */
export function anthropicServedTier(word: string | undefined): Tier | undefined {
  return TIERS.find((tier) => tier === word);
}

/** The word by which a client asks for the tier, for sentences that tell it to. */
export function anthropicClientWord(tier: Tier): string {
  return tier === 'standard' ? 'standard_only' : tier;
}

/**
 * The word that asks Anthropic itself. `auto` is the only way to bought capacity, and `usage.service_tier` tells whether it was had. Flex
 * and batch have none: what Anthropic sells as batch is a matter of another path.
 */
export function anthropicAskWord(tier: Tier): string | null {
  if (tier === 'priority') return 'auto';
  return tier === 'standard' ? 'standard_only' : null;
}
