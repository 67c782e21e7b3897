import { TIERS, type Tier } from '@offpeak/core';
import { WorkloadProblem } from './problem.ts';

/** Which part of a workload's requests asks for which tier. */
export type TierShares = Readonly<Partial<Record<Tier, number>>>;

export interface TierMix {
  /** They add up to 1. */
  readonly shares: TierShares;
  /** Whether flex requests without arrivals fill what is left beside them. */
  readonly endlessFlex: boolean;
}

/** Shares are written with few digits: thirds may add up to 0.999. */
const SUM_TOLERANCE = 0.0051;

/** Reads `standard=1,flex=endless` or `priority=0.2,standard=0.8`. */
export function parseTierMix(text: string): TierMix {
  const refuse = (trouble: string): WorkloadProblem =>
    new WorkloadProblem(
      `the tier mix ${JSON.stringify(text)} ${trouble}; expected such as "standard=1,flex=endless" or "priority=0.2,standard=0.8"`,
    );
  const shares: Partial<Record<Tier, number>> = {};
  let endlessFlex = false;
  const seen = new Set<string>();
  for (const part of text.split(',')) {
    const [name, value, more] = part.split('=').map((word) => word.trim());
    const tier = TIERS.find((known) => known === name);
    if (value === undefined || more !== undefined) throw refuse(`has the part ${JSON.stringify(part)} without one "="`);
    if (tier === undefined)
      throw refuse(`names the tier ${JSON.stringify(name)}, which is none of ${TIERS.join(', ')}`);
    if (seen.has(tier)) throw refuse(`names ${tier} twice`);
    seen.add(tier);
    if (value === 'endless') {
      if (tier !== 'flex') throw refuse(`has endless ${tier}; only flex can be endless`);
      endlessFlex = true;
      continue;
    }
    const share = /^(?:\d+\.?\d*|\.\d+)$/.test(value) ? Number(value) : Number.NaN;
    if (!(share >= 0 && share <= 1)) throw refuse(`has ${tier}=${value}, which is no share from 0 to 1`);
    shares[tier] = share;
  }
  const sum = sumOf(shares);
  if (Math.abs(sum - 1) > SUM_TOLERANCE)
    throw refuse(`has shares that add up to ${Number(sum.toFixed(6))} instead of 1`);
  return { shares, endlessFlex };
}

export function sumOf(shares: TierShares): number {
  return Object.values(shares).reduce((sum, share) => sum + share, 0);
}
