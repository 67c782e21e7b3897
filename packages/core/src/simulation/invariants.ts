import type { EngineLoad } from '../capacity/capacity-model.ts';
import type { Scheduler } from '../scheduler/scheduler.ts';
import { isEvictable, rankOf, TIERS } from '../tiers/tier.ts';
import { canBeFollowed } from './decision-rules.ts';
import { TICK_LATE_MS_MAX } from './lateness.ts';
import { isAbleOn, rankOfClass } from './rights.ts';
import {
  demand,
  kvReserved,
  rankIn,
  rungOf,
  serves,
  tierOf,
  tokensMaxOf,
  type Mirror,
  type MirrorEngine,
  type MirrorTicket,
} from './mirror.ts';

/** A model may think that contexts take so much more than they were told to. */
const KV_CORRECTION_MAX = 2;

/**
 * What must hold whenever `handle` has returned. `concerned`: the engines that the event was about; null: all. The others are not
 * asked again before something happens there, and what a model thinks may change with time alone.
 */
export function checkState(
  mirror: Mirror,
  scheduler: Scheduler,
  now: number,
  concerned: ReadonlySet<string> | null,
): void {
  mirror.untieThoseInVain(now);
  checkDepths(mirror, scheduler);
  checkPatience(mirror, now);
  for (const engine of mirror.engines.values()) {
    checkEngineView(scheduler, engine);
    checkFollowed(engine);
    if (engine.up && engine.pausedUntil <= now && (concerned === null || concerned.has(engine.name))) {
      checkEngineIsUsed(mirror, scheduler, engine, now);
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
    const load = mirror.engines.get(name)!.load!;
    const isEmpty = load.streams === 0 && load.contextTokens === 0 && load.prefills === 0 && load.prefillTokens === 0;
    demand(isEmpty, `${name} is thought to hold ${JSON.stringify({ ...load, context: load.contextTokens })}`);
  }
}

function checkDepths(mirror: Mirror, scheduler: Scheduler): void {
  let depth = 0;
  for (const { tickets } of scheduler.depths()) {
    depth += tickets;
  }
  demand(depth === mirror.queued.size, `${String(depth)} tickets queue, and ${String(mirror.queued.size)} should`);
  let unstarted = 0;
  let bytes = 0;
  for (const { starts, spec } of mirror.queued) {
    unstarted += starts === 0 ? 1 : 0;
    bytes += spec.bytes;
  }
  // Tickets that come back from an engine are let in regardless; they fill the queue for those that arrive.
  demand(unstarted <= mirror.limits.queueTicketsMax, `${String(unstarted)} tickets queue that never ran`);
  demand(scheduler.queuedBytes === bytes, `${String(scheduler.queuedBytes)} bytes queue, not ${String(bytes)}`);
}

function checkPatience(mirror: Mirror, now: number): void {
  const { evictionConfirmMsMax, resumePatienceMsMin } = mirror.limits;
  for (const ticket of mirror.queued) {
    const { leavesAt = Infinity, deadlineAt, id } = ticket.spec;
    demand(now <= leavesAt + TICK_LATE_MS_MAX, `${id} waits, and its client left`);
    const isLate = tierOf(ticket) === 'batch' && now > deadlineAt + TICK_LATE_MS_MAX;
    demand(!isLate, `${id} waits, and its deadline is over`);
    const { patienceMs } = rungOf(ticket)!;
    const resumeMs = ticket.starts > 0 ? resumePatienceMsMin : 0;
    const evictionMs = patienceMs <= 0 ? evictionConfirmMsMax : 0;
    const waitedMs = now - ticket.waitsSince;
    demand(
      waitedMs <= Math.max(patienceMs, resumeMs, evictionMs) + TICK_LATE_MS_MAX,
      `${id} waits ${String(waitedMs)} ms, longer than its patience`,
    );
  }
  for (const { spec } of mirror.thoseInVain(now)) {
    demand(false, `${spec.id} waits, and no engine will take it in time`);
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
    let running = 0;
    for (const ticket of engine.tickets) {
      running += tierOf(ticket) === tier ? 1 : 0;
    }
    demand(view.runningByTier[tier] === running, `${engine.name} runs ${String(view.runningByTier[tier])} ${tier}`);
  }
}

/** A model that learns from streams is never left without one, as long as there is one to learn from. */
function checkFollowed(engine: MirrorEngine): void {
  if (engine.model?.wantsBeats !== true || (engine.watched !== null && canBeFollowed(engine.watched))) {
    return;
  }
  for (const ticket of engine.tickets) {
    demand(!canBeFollowed(ticket), `${ticket.spec.id} could be followed on ${engine.name}, and nothing is`);
  }
}

/**
 * Work conservation and strict order: if all waiting tickets of the most urgent class that this engine could run fit, whichever is
 * first fits, and should run.
 */
function checkEngineIsUsed(mirror: Mirror, scheduler: Scheduler, engine: MirrorEngine, now: number): void {
  const able = [...mirror.queued].filter(
    (ticket) => engine.models.includes(ticket.spec.model) && isAbleOn(ticket, engine, now),
  );
  if (able.length === 0 || able.some((ticket) => mayStay(mirror, ticket, engine, now))) {
    return;
  }
  // Whichever of flex and batch is first, it is one of them.
  const topRank = Math.min(...able.map(rankOfClass));
  const top = able.filter((ticket) => rankOfClass(ticket) === topRank);
  demand(
    // A lane may have had enough of what it bounced.
    top.some((ticket) => !fits(engine, ticket, engine.load!, now) || (engine.lane !== null && ticket.bounces > 0)),
    `${engine.name} has room for every waiting ${TIERS[topRank]!} ticket`,
  );
  if (topRank < rankOf('flex') && engine.lane === null) {
    checkReclaim(mirror, scheduler, engine, able, now);
  }
}

/** It waits for evictions on an engine of a lower rank, instead of going where it costs more. */
function mayStay(mirror: Mirror, ticket: MirrorTicket, engine: MirrorEngine, now: number): boolean {
  const { model } = ticket.spec;
  return (
    !isEvictable(tierOf(ticket)) &&
    [...mirror.engines.values()].some(
      (other) =>
        rankIn(other, model) < rankIn(engine, model) &&
        serves(other, ticket) &&
        other.pausedUntil <= now &&
        isAbleOn(ticket, other, now) &&
        [...other.tickets].some((run) => run.state === 'stopping' || mirror.mayBeEvicted(run)),
    )
  );
}

/** Interactive tickets that would fit without the evictable ones must have evictions under way, one for each or more. */
function checkReclaim(
  mirror: Mirror,
  scheduler: Scheduler,
  engine: MirrorEngine,
  able: readonly MirrorTicket[],
  now: number,
): void {
  const waiting = able.filter((ticket) => !isEvictable(tierOf(ticket)));
  const staying = [...engine.tickets].filter((ticket) => !mirror.mayBeEvicted(ticket));
  const isAsked = staying.some(({ state }) => state === 'stopping');
  if (staying.length === engine.tickets.size || isAsked) {
    return;
  }
  // One that fits now waits only behind a larger one, and starts when that found its place.
  const someFits = waiting.some((ticket) => fits(engine, ticket, engine.load!, now));
  const rest = mostThatTheyHold(staying);
  const allWouldFit = waiting.every((ticket) => fits(engine, ticket, rest, now));
  // What one decision may not do, the next one does at once.
  const isCutShort = scheduler.wakeAt() === now;
  demand(
    someFits || !allWouldFit || isCutShort || evictionsFor(mirror, waiting) >= waiting.length,
    `interactive tickets wait for ${engine.name}, which runs evictable ones and is not asked for any`,
  );
}

function fits(engine: MirrorEngine, ticket: MirrorTicket, load: EngineLoad, now: number): boolean {
  const kept = ticket.continuation === 'continue' ? ticket.outputTokens : 0;
  const ask = {
    tier: tierOf(ticket),
    promptTokens: ticket.spec.inputTokens + kept,
    kvTokens: tokensMaxOf(ticket),
  };
  return engine.model!.admits(ask, load, now);
}

/** However far their prompts and answers are. */
function mostThatTheyHold(tickets: readonly MirrorTicket[]): EngineLoad {
  const kvTokens = tickets.reduce((sum, ticket) => sum + tokensMaxOf(ticket), 0);
  return {
    slots: tickets.length,
    flexSlots: tickets.filter((ticket) => isEvictable(tierOf(ticket))).length,
    kvTokens,
    streams: tickets.length,
    contextTokens: KV_CORRECTION_MAX * kvTokens,
    prefills: 0,
    prefillTokens: 0,
    flexPrefills: 0,
    flexPrefillTokens: 0,
  };
}

/** Evictions under way on engines that serve models of these tickets. */
function evictionsFor(mirror: Mirror, tickets: readonly MirrorTicket[]): number {
  const models = new Set(tickets.map(({ spec }) => spec.model));
  let evictions = 0;
  for (const engine of mirror.engines.values()) {
    if (engine.models.some((model) => models.has(model))) {
      for (const ticket of engine.tickets) {
        evictions += ticket.state === 'stopping' ? 1 : 0;
      }
    }
  }
  return evictions;
}
