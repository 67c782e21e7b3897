import type { Tier } from './tier.ts';

/**
 * Where a tier's limits come from.
 * - `own`: a bucket of its own, `timesStandard` the project's standard limits;
 * - `shared`: it draws on the bucket of the standard tier;
 * - `queued`: not limited by the minute or the day; what may be queued is bounded where jobs are accepted.
 */
export type LimitRule =
  { readonly kind: 'own'; readonly timesStandard: number } | { readonly kind: 'shared' } | { readonly kind: 'queued' };

export interface TierRule {
  readonly patienceMs: number;
  /** Against the standard price. */
  readonly priceMultiplier: number;
  readonly limits: LimitRule;
}

export type TierRules = Readonly<Record<Tier, TierRule>>;

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

export const DEFAULT_TIER_RULES: TierRules = {
  priority: { patienceMs: 30 * SECOND_MS, priceMultiplier: 2, limits: { kind: 'own', timesStandard: 0.3 } },
  standard: { patienceMs: MINUTE_MS, priceMultiplier: 1, limits: { kind: 'own', timesStandard: 1 } },
  flex: { patienceMs: 10 * MINUTE_MS, priceMultiplier: 0.5, limits: { kind: 'own', timesStandard: 10 } },
  batch: { patienceMs: 24 * HOUR_MS, priceMultiplier: 0.5, limits: { kind: 'queued' } },
};
