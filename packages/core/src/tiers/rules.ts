import type { Tier } from './tier.ts';

/** Where a tier's limits come from when a project does not state them. */
export type LimitRule =
  /** A bucket of its own, so many times the standard one. */
  | { readonly bucket: 'own'; readonly timesStandard: number }
  /** It draws on the standard bucket. */
  | { readonly bucket: 'standard' };

export interface TierRule {
  readonly patienceMs: number;
  /** Times the model's price. */
  readonly price: number;
  readonly limits: LimitRule;
}

/**
 * What the word `auto` asks for.
 * - `spill`: standard while its limits last, then flex.
 * - `project-default`: whatever the project is set to.
 */
export type AutoMeaning = 'spill' | 'project-default';

/** A provider's tier product as data. */
export interface Preset {
  readonly name: string;
  /** Where the numbers are from, and when that was read. */
  readonly source: string;
  readonly verified: string;
  readonly auto: AutoMeaning;
  readonly tiers: Readonly<Record<Tier, TierRule>>;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** What holds where a provider's product says nothing else. */
export const BASE_RULES: Readonly<Record<Tier, TierRule>> = {
  priority: { patienceMs: 30 * SECOND_MS, price: 2, limits: { bucket: 'own', timesStandard: 0.3 } },
  standard: { patienceMs: 60 * SECOND_MS, price: 1, limits: { bucket: 'own', timesStandard: 1 } },
  flex: { patienceMs: 10 * MINUTE_MS, price: 0.5, limits: { bucket: 'own', timesStandard: 10 } },
  batch: { patienceMs: DAY_MS, price: 0.5, limits: { bucket: 'own', timesStandard: 10 } },
};
