import type { Engine } from '../engines/engine.ts';
import type { Run } from '../engines/run.ts';
import type { Entry } from '../queues/entry.ts';

/** True when `a` should give way before `b`. */
export type EvictionOrder = (a: Run, b: Run) => boolean;

/** Among engines that admit a ticket, the lowest value gets it. */
export type Placement = (entry: Entry, engine: Engine, at: number) => number;

/** The cost of tokens in fairness counters. */
export type TokenCost = (inputTokens: number, outputTokens: number) => number;

/** Who goes where, and who gives way. Queues and limits do not depend on it. */
export interface Policy {
  readonly placement: Placement;
  readonly evictionOrder: EvictionOrder;
  readonly cost: TokenCost;
}

/** Batch before flex before urgent batch, then the least that must be read again, then the newest. */
export function leastLossFirst(a: Run, b: Run): boolean {
  const byStanding = b.entry.standing - a.entry.standing;
  if (byStanding !== 0) {
    return byStanding < 0;
  }
  const bySunk = sunkTokens(a.entry) - sunkTokens(b.entry);
  return bySunk < 0 || (bySunk === 0 && a.entry.seq > b.entry.seq);
}

function sunkTokens(entry: Entry): number {
  return entry.spec.inputTokens + entry.outputTokens;
}

/** What a full engine is taken to add to the time to a first token where no model says better. */
const FULL_ENGINE_MS = 1_000;

/**
 * Interactive tickets go where their first token is expected soonest, evictable ones where most runs already, so that some engines
 * stay clean.
 */
export function spreadAndPack(entry: Entry, engine: Engine, at: number): number {
  return entry.interactive ? (engine.firstTokenMs(entry, at) ?? FULL_ENGINE_MS * shareOf(engine)) : -shareOf(engine);
}

function shareOf(engine: Engine): number {
  return engine.load.slots / engine.capacity.slotsLimit;
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
