/** The four tiers inside Offpeak, most urgent first. Wire words are resolved to these at the edge. */
export const TIERS = ['priority', 'standard', 'flex', 'batch'] as const;

export type Tier = (typeof TIERS)[number];

const RANKS: Record<Tier, number> = { priority: 0, standard: 1, flex: 2, batch: 3 };

/** 0 is served first. */
export function rankOf(tier: Tier): number {
  return RANKS[tier];
}

/** Interactive tiers are never evicted; the others give up their slot to them. */
export function isEvictable(tier: Tier): boolean {
  return RANKS[tier] >= RANKS.flex;
}
