import { rankOf, type Tier } from '../tiers/tier.ts';

/** A tier that a request with a deadline may use. */
export interface TierOption {
  readonly tier: Tier;
  readonly priceMultiplier: number;
  /** From now to the end of the answer; null where too little was seen to say. */
  readonly predictedMs: number | null;
}

export type DeadlineChoice =
  | { readonly ok: true; readonly tier: Tier; readonly predictedMs: number | null }
  /** Even the fastest tier takes longer. */
  | { readonly ok: false; readonly predictedMs: number };

/**
 * The cheapest tier that is predicted to answer in time. A tier of which nothing is known cannot be shown to be too slow: when no
 * known one will do, standard is tried, because nobody pays for priority on a guess; where standard is known to be too slow, the
 * most urgent unknown one.
 */
export function cheapestTierFor(deadlineMs: number, options: readonly TierOption[]): DeadlineChoice {
  if (options.length === 0) {
    throw new Error('a deadline needs at least one tier to choose from');
  }
  const byPrice = [...options].sort((a, b) => a.priceMultiplier - b.priceMultiplier || rankOf(a.tier) - rankOf(b.tier));
  const inTime = byPrice.find(({ predictedMs }) => predictedMs !== null && predictedMs <= deadlineMs);
  if (inTime !== undefined) {
    return { ok: true, tier: inTime.tier, predictedMs: inTime.predictedMs };
  }
  const unknowns = byPrice
    .filter(({ predictedMs }) => predictedMs === null)
    .sort((a, b) => rankOf(a.tier) - rankOf(b.tier));
  const unknown = unknowns.find(({ tier }) => tier === 'standard') ?? unknowns[0];
  if (unknown !== undefined) {
    return { ok: true, tier: unknown.tier, predictedMs: null };
  }
  return { ok: false, predictedMs: Math.min(...options.map(({ predictedMs }) => predictedMs!)) };
}
