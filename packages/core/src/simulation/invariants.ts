import type { Scheduler } from '../scheduler/scheduler.ts';
import { isEvictable, rankOf, TIERS } from '../tiers/tier.ts';
import {
  demand,
  kvReserved,
  mayUse,
  rungOf,
  tierOf,
  tokensMaxOf,
  type Mirror,
  type MirrorEngine,
  type MirrorTicket,
} from './mirror.ts';

/** Ticks may come this late in a simulation. */
export const TICK_LATE_MS_MAX = 3;

/** What must hold whenever `handle` has returned. */
export function checkState(mirror: Mirror, scheduler: Scheduler, now: number): void {
  const queued = mirror.live.filter(({ state }) => state === 'queued');
  checkDepths(mirror, scheduler, queued);
  checkPatience(mirror, queued, now);
  for (const engine of mirror.engines.values()) {
    checkEngineView(scheduler, engine);
    if (engine.up && engine.pausedUntil <= now) {
      checkEngineIsUsed(mirror, scheduler, engine, queued);
    }
  }
}

/** What must hold when everything that arrived is over. */
export function checkEnd(mirror: Mirror, scheduler: Scheduler, openReservations: number): void {
  for (const ticket of mirror.tickets.values()) {
    demand(ticket.outcome !== null, `${ticket.spec.id} has no outcome`);
  }
  demand(openReservations === 0, `${String(openReservations)} reservations are open at the end`);
  demand(scheduler.queuedTickets === 0 && scheduler.queuedBytes === 0, 'the queues are not empty at the end');
  for (const name of scheduler.engines()) {
    const view = scheduler.engineView(name)!;
    demand(view.running === 0 && view.kvReserved === 0 && view.evicting === 0, `${name} is not empty at the end`);
  }
}

function checkDepths(mirror: Mirror, scheduler: Scheduler, queued: readonly MirrorTicket[]): void {
  let depth = 0;
  for (const { tickets } of scheduler.depths()) {
    depth += tickets;
  }
  demand(depth === queued.length, `${String(depth)} tickets queue, and ${String(queued.length)} should`);
  const unstarted = queued.filter(({ starts }) => starts === 0);
  // Tickets that come back from an engine are let in regardless; they fill the queue for those that arrive.
  const bytes = queued.reduce((sum, { spec }) => sum + spec.bytes, 0);
  demand(unstarted.length <= mirror.limits.queueTicketsMax, `${String(unstarted.length)} tickets queue that never ran`);
  demand(scheduler.queuedBytes === bytes, `${String(scheduler.queuedBytes)} bytes queue, not ${String(bytes)}`);
}

function checkPatience(mirror: Mirror, queued: readonly MirrorTicket[], now: number): void {
  const { evictionConfirmMsMax, resumePatienceMsMin } = mirror.limits;
  for (const ticket of queued) {
    const { leavesAt = Infinity, deadlineAt } = ticket.spec;
    demand(now <= leavesAt + TICK_LATE_MS_MAX, `${ticket.spec.id} waits, and its client left`);
    const isLate = tierOf(ticket) === 'batch' && now > deadlineAt + TICK_LATE_MS_MAX;
    demand(!isLate, `${ticket.spec.id} waits, and its deadline is over`);
    const { patienceMs } = rungOf(ticket)!;
    const resumeMs = ticket.starts > 0 ? resumePatienceMsMin : 0;
    const evictionMs = patienceMs <= 0 ? evictionConfirmMsMax : 0;
    const waitedMs = now - ticket.waitsSince;
    demand(
      waitedMs <= Math.max(patienceMs, resumeMs, evictionMs) + TICK_LATE_MS_MAX,
      `${ticket.spec.id} waits ${String(waitedMs)} ms, longer than its patience`,
    );
  }
}

function checkEngineView(scheduler: Scheduler, engine: MirrorEngine): void {
  const view = scheduler.engineView(engine.name);
  if (view === undefined) {
    demand(engine.removed && engine.tickets.size === 0, `${engine.name} was forgotten`);
    return;
  }
  demand(view.running === engine.tickets.size, `${engine.name} runs ${String(view.running)}`);
  demand(view.kvReserved === kvReserved(engine), `${engine.name} holds ${String(view.kvReserved)} KV tokens`);
  for (const tier of TIERS) {
    const running = [...engine.tickets].filter((ticket) => tierOf(ticket) === tier).length;
    demand(view.runningByTier[tier] === running, `${engine.name} runs ${String(view.runningByTier[tier])} ${tier}`);
  }
}

/**
 * Work conservation and strict order: if all waiting tickets of the most urgent tier that this engine could run fit, whichever is
 * first fits, and should run.
 */
function checkEngineIsUsed(
  mirror: Mirror,
  scheduler: Scheduler,
  engine: MirrorEngine,
  queued: readonly MirrorTicket[],
): void {
  const kvMax = engine.capacity.kvTokens ?? Infinity;
  const able = queued.filter(
    (ticket) => engine.models.includes(ticket.spec.model) && mayUse(ticket, engine) && tokensMaxOf(ticket) <= kvMax,
  );
  if (able.length === 0) {
    return;
  }
  // Which of flex and batch is first depends on what they waited for and how long; whichever it is, it is one of them.
  const topRank = Math.min(...able.map(rankOfClass));
  const top = able.filter((ticket) => rankOfClass(ticket) === topRank);
  const slotsMax = scheduler.engineView(engine.name)!.slotsLimit;
  const largest = Math.max(...top.map(tokensMaxOf));
  const slotsUsed = engine.tickets.size;
  const kvUsed = kvReserved(engine);
  demand(
    slotsUsed >= slotsMax || kvUsed + largest > kvMax,
    `${engine.name} has room for every waiting ${TIERS[topRank]!} ticket`,
  );

  if (topRank < rankOf('flex')) {
    checkReclaim(mirror, engine, able, slotsMax);
  }
}

function rankOfClass(ticket: MirrorTicket): number {
  return Math.min(rankOf(tierOf(ticket)), rankOf('flex'));
}

/** Interactive tickets that would fit without the evictable ones must have evictions under way, one for each or more. */
function checkReclaim(mirror: Mirror, engine: MirrorEngine, able: readonly MirrorTicket[], slotsMax: number): void {
  const waiting = able.filter((ticket) => !isEvictable(tierOf(ticket)));
  const evictable = [...engine.tickets].filter((ticket) => mirror.mayBeEvicted(ticket));
  const isAsked = [...engine.tickets].some(({ state }) => state === 'stopping');
  if (evictable.length === 0 || isAsked) {
    return;
  }
  const kvMax = engine.capacity.kvTokens ?? Infinity;
  const kvUsed = kvReserved(engine);
  const kvLeft = kvUsed - evictable.reduce((sum, ticket) => sum + tokensMaxOf(ticket), 0);
  const sizes = waiting.map(tokensMaxOf);
  // One that fits now waits only behind a larger one, and starts when that found its place.
  const someFits = engine.tickets.size < slotsMax && kvUsed + Math.min(...sizes) <= kvMax;
  const allWouldFit = engine.tickets.size - evictable.length < slotsMax && kvLeft + Math.max(...sizes) <= kvMax;
  demand(
    someFits || !allWouldFit || evictionsFor(mirror, waiting) >= waiting.length,
    `interactive tickets wait for ${engine.name}, which runs evictable ones and is not asked for any`,
  );
}

/** Evictions under way on engines that serve models of these tickets. */
function evictionsFor(mirror: Mirror, tickets: readonly MirrorTicket[]): number {
  const models = new Set(tickets.map(({ spec }) => spec.model));
  return [...mirror.engines.values()]
    .filter((engine) => engine.models.some((model) => models.has(model)))
    .flatMap((engine) => [...engine.tickets])
    .filter(({ state }) => state === 'stopping').length;
}
