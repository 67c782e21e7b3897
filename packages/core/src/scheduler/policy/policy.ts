import { rankOf, type Tier } from '../../tiers/tier.ts';
import type { Engine } from '../engines/engine.ts';
import type { Run } from '../engines/run.ts';

/** True when `a` should give way before `b`. */
export type EvictionOrder = (a: Run, b: Run) => boolean;

/** Among engines that admit a ticket of the tier, the lowest value gets it. */
export type Placement = (tier: Tier, engine: Engine) => number;

/** The cost of tokens in fairness counters. */
export type TokenCost = (inputTokens: number, outputTokens: number) => number;

/** Who goes where, and who gives way. Queues and limits do not depend on it. */
export interface Policy {
  readonly placement: Placement;
  readonly evictionOrder: EvictionOrder;
  readonly cost: TokenCost;
}

/** Batch before flex, then the least work lost, then the newest. */
export function leastLossFirst(a: Run, b: Run): boolean {
  const byTier = rankOf(b.entry.tier) - rankOf(a.entry.tier);
  if (byTier !== 0) {
    return byTier < 0;
  }
  const bySunk = a.entry.outputTokens - b.entry.outputTokens;
  return bySunk < 0 || (bySunk === 0 && a.entry.seq > b.entry.seq);
}

/** Interactive tickets go where least runs, evictable ones where most does, so that some engines stay clean. */
export function spreadAndPack(tier: Tier, engine: Engine): number {
  const share = engine.load.slots / engine.capacity.slotsLimit;
  return rankOf(tier) < rankOf('flex') ? share : -share;
}

/** An output token takes a decode step of its own, input tokens share one. */
export function tokenCost(inputTokens: number, outputTokens: number): number {
  return inputTokens + 2 * outputTokens;
}

export const DEFAULT_POLICY: Policy = {
  placement: spreadAndPack,
  evictionOrder: leastLossFirst,
  cost: tokenCost,
};
