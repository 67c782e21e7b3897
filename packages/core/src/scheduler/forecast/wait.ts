import { isEvictable, rankOf, TIERS, type Tier } from '../../tiers/tier.ts';
import type { Entry } from '../queues/entry.ts';
import type { Pool } from '../queues/pool.ts';
import type { SchedulerLimits } from '../scheduler-limits.ts';

/**
 * How many tickets are served up to and including the next one of the project: all of the higher tiers, and of its own tier
 * what fair turns between projects let through. `alreadyQueued` says whether that ticket is in the queue yet.
 */
export function positionOf(pool: Pool, tier: Tier, project: string, alreadyQueued: boolean): number {
  let higher = tier === 'flex' ? pool.urgent : 0;
  for (const above of TIERS.slice(0, rankOf(tier))) {
    higher += pool.shares(above).queued;
  }
  const shares = pool.shares(tier);
  const mine = shares.queuedOf(project);
  if (alreadyQueued) {
    return higher + shares.backlog.within(mine);
  }
  // The profile holds `mine` of this project at that level; the ticket to come is one more.
  return higher + shares.backlog.within(mine + 1) + 1;
}

/**
 * How many tickets a waiting batch ticket must see served, itself included, to be done in time: flex does not count, because before it
 * is too late batch goes first.
 */
export function batchPositionOf(entry: Entry): number {
  const { pool, account, orderAt } = entry;
  const mine = account!.due!.upTo(orderAt);
  return pool.shares('priority').queued + pool.shares('standard').queued + pool.shares('batch').backlog.within(mine);
}

/** What is left to run of a ticket, as answers and steps of its model were lately; null while too little was seen to say. */
export function remainingMs(entry: Entry, limits: SchedulerLimits): number | null {
  const { runTimes } = entry.pool;
  return runTimes.samples < limits.runSamplesMin
    ? null
    : runTimes.runMs(runTimes.answerTokens(entry.spec.outputTokensMax) - entry.tokensKept);
}

/** Time until that many slots came free, by the drain rate; null while too little was seen. */
export function predictWait(
  pool: Pool,
  tier: Tier,
  position: number,
  at: number,
  limits: SchedulerLimits,
): number | null {
  const drain = pool.drain(tier);
  const perMs = drain.perMs(at);
  if (drain.samples < limits.drainSamplesMin || perMs === 0) {
    return null;
  }
  const releases = position - (isEvictable(tier) ? 0 : evictable(pool, tier, at));
  return Math.max(0, releases) / perMs;
}

/** Slots that interactive tickets need not wait for. */
function evictable(pool: Pool, tier: Tier, at: number): number {
  let slots = 0;
  for (const engine of pool.ownEngines) {
    if (engine.available(at) && engine.takesTier(tier)) {
      slots += engine.victims.size + engine.stopping;
    }
  }
  return slots;
}

/** When a refused client should come back: when a ticket that queues now would start, within bounds. */
export function retryAfter(pool: Pool, tier: Tier, project: string, at: number, limits: SchedulerLimits): number {
  const waitMs = predictWait(pool, tier, positionOf(pool, tier, project, false), at, limits);
  return boundedHint(waitMs ?? limits.retryAfterMsDefault, limits);
}

export function boundedHint(hintMs: number, limits: SchedulerLimits, mostMs: number = limits.retryAfterMsMax): number {
  return Math.ceil(Math.min(Math.max(hintMs, limits.retryAfterMsMin), mostMs));
}
