import type { SchedulerLimits } from '../scheduler/scheduler-limits.ts';
import { isAbleOn, rankOfClass } from './rights.ts';
import {
  demand,
  kvReserved,
  kvTokensOf,
  rankIn,
  serves,
  tokensMaxOf,
  type Mirror,
  type MirrorEngine,
  type MirrorTicket,
} from './mirror.ts';
import type { MirrorLane } from './mirror-lane.ts';

/** A lane is sent no more than its provider let it be known to take. */
export function checkLaneStart(ticket: MirrorTicket, lane: MirrorLane, limits: SchedulerLimits, at: number): void {
  const { id } = ticket.spec;
  const closedUntil = lane.closedUntil(tokensMaxOf(ticket));
  demand(closedUntil <= at, `${id} started, and the provider's limits are used up until ${String(closedUntil)}`);
  demand(!lane.probing || lane.probe === null, `${id} started beside ${String(lane.probe?.spec.id)}, which goes first`);
  const isRetry = ticket.bounces > 0;
  demand(
    !isRetry || lane.retriesLeft(limits, at) > 1 - 1e-6,
    `${id} started again, and the lane has had enough of that`,
  );
}

/** No engine of a lower rank would have taken the ticket now. */
export function checkRank(mirror: Mirror, ticket: MirrorTicket, engine: MirrorEngine, at: number): void {
  const { model, id } = ticket.spec;
  const rank = rankIn(engine, model);
  for (const other of mirror.engines.values()) {
    if (
      rankIn(other, model) < rank &&
      serves(other, ticket) &&
      other.pausedUntil <= at &&
      isAbleOn(ticket, other, at)
    ) {
      const isNext = ![...mirror.queued].some((rival) => rival !== ticket && mayStandBefore(rival, ticket, other, at));
      demand(!isNext || !surelyFits(ticket, other, at), `${id} started on ${engine.name}, and ${other.name} has room`);
    }
  }
}

function mayStandBefore(rival: MirrorTicket, ticket: MirrorTicket, engine: MirrorEngine, at: number): boolean {
  return (
    engine.models.includes(rival.spec.model) && isAbleOn(rival, engine, at) && rankOfClass(rival) <= rankOfClass(ticket)
  );
}

/** By what was told alone: how many an engine takes that finds that out by itself is not known. */
function surelyFits(ticket: MirrorTicket, engine: MirrorEngine, at: number): boolean {
  const { lane, tickets, capacity } = engine;
  if (lane !== null) {
    return tickets.size === 0 && ticket.bounces === 0 && lane.closedUntil(tokensMaxOf(ticket)) <= at;
  }
  const { slots } = capacity;
  const isFree = slots !== 'auto' && tickets.size < slots;
  return isFree && kvReserved(engine) + tokensMaxOf(ticket) <= kvTokensOf(engine);
}
