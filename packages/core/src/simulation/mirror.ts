import type { CapacityModel, EngineLoad } from '../capacity/capacity-model.ts';
import type { Decision, RefusalReason } from '../scheduler/decisions.ts';
import { DEFAULT_SCHEDULER_LIMITS, type SchedulerLimits } from '../scheduler/scheduler-limits.ts';
import type { CapacitySpec, Place } from '../scheduler/events.ts';
import type { Continuation, TicketSpec } from '../scheduler/ticket.ts';
import { isEvictable, type Tier } from '../tiers/tier.ts';
import type { MirrorLane } from './mirror-lane.ts';

export type Outcome = 'completed' | 'failed' | 'cancelled' | 'refused' | 'lost';

/** A ticket as its driver knows it, from nothing but what it told and was told. */
export interface MirrorTicket {
  readonly spec: TicketSpec;
  state: 'queued' | 'running' | 'stopping' | 'ended';
  rungIndex: number;
  /** Since when it waits on this rung, or for its next run. */
  waitsSince: number;
  queuedSince: number;
  engine: string | null;
  /** Where it ran last. */
  lastEngine: string | null;
  /** The only engines that it may use; null: any. */
  engines: readonly string[] | null;
  /** It gave way to a prompt, and goes back to the engine until then. */
  returnsUntil: number | null;
  starts: number;
  evictions: number;
  lostRuns: number;
  bounces: number;
  /** It was bounced too often to run again on this rung. */
  bouncedOut: boolean;
  /** Of the present wait; one that goes on after a bounce ends when it would have. */
  patienceEndsAt: number;
  outputTokens: number;
  committed: boolean;
  continuation: Continuation;
  /** Of the present run: its first token was told; it is followed; its client slows it down. */
  streams: boolean;
  heldUp: boolean;
  /** Whether the last stop left it fit for another run. */
  mayResume: boolean;
  outcome: Outcome | null;
}

export interface MirrorEngine {
  readonly name: string;
  up: boolean;
  removed: boolean;
  models: readonly string[];
  capacity: CapacitySpec;
  tiers: readonly Tier[] | null;
  places: Readonly<Record<string, Place>>;
  /** Null for an engine of the operator's own. */
  lane: MirrorLane | null;
  pausedUntil: number;
  /** Its last readings, since it came up. */
  statsAt: number | null;
  watched: MirrorTicket | null;
  flexSinceBatch: number;
  /** What the scheduler thinks of it, and what it told that of its load. */
  model: CapacityModel | null;
  load: EngineLoad | null;
  readonly tickets: Set<MirrorTicket>;
}

/** What the driver knows of tickets and engines: changed by what it tells, and by the decisions that it is told. */
export class Mirror {
  readonly tickets: Map<string, MirrorTicket> = new Map();
  readonly engines: Map<string, MirrorEngine> = new Map();
  readonly queued: Set<MirrorTicket> = new Set();
  readonly limits: SchedulerLimits;

  constructor(limits: Partial<SchedulerLimits>) {
    this.limits = { ...DEFAULT_SCHEDULER_LIMITS, ...limits };
  }

  submitted(spec: TicketSpec, at: number): void {
    const ticket: MirrorTicket = {
      spec,
      state: 'queued',
      rungIndex: 0,
      waitsSince: at,
      queuedSince: at,
      engine: null,
      lastEngine: null,
      engines: spec.engines ?? null,
      returnsUntil: null,
      starts: 0,
      evictions: 0,
      lostRuns: 0,
      bounces: 0,
      bouncedOut: false,
      patienceEndsAt: Infinity,
      outputTokens: 0,
      committed: false,
      continuation: spec.continuation,
      streams: false,
      heldUp: false,
      mayResume: true,
      outcome: null,
    };
    this.tickets.set(spec.id, ticket);
    this.queued.add(ticket);
    this.#waits(ticket, 0, at);
    if (!this.hasEngine(ticket) || !this.hasTaker(ticket)) {
      untie(ticket);
    }
  }

  started(ticket: MirrorTicket, engine: MirrorEngine): void {
    this.queued.delete(ticket);
    returned(ticket);
    ticket.state = 'running';
    ticket.engine = engine.name;
    ticket.lastEngine = engine.name;
    ticket.starts += 1;
    ticket.streams = false;
    ticket.heldUp = false;
    engine.tickets.add(ticket);
    engine.lane?.started(ticket, tokensMaxOf(ticket));
    if (isEvictable(tierOf(ticket))) {
      engine.flexSinceBatch = tierOf(ticket) === 'batch' ? 0 : engine.flexSinceBatch + 1;
    }
  }

  /** It waits again after a run. Its engine may never have taken it, and then it is still the same wait. */
  waitsAgain(ticket: MirrorTicket, at: number, bounced: boolean): void {
    this.#vacated(ticket);
    ticket.state = 'queued';
    this.queued.add(ticket);
    ticket.waitsSince = bounced ? ticket.waitsSince : at;
    ticket.queuedSince = at;
    if (!bounced) {
      this.#waits(ticket, this.limits.resumePatienceMsMin, at);
    }
    if (ticket.returnsUntil !== null) {
      ticket.returnsUntil = at + this.limits.tieMsMax;
    }
  }

  ended(ticket: MirrorTicket, outcome: Outcome): void {
    demand(ticket.outcome === null, `${ticket.spec.id} ended as ${String(ticket.outcome)} and again as ${outcome}`);
    if (ticket.engine !== null) {
      this.#vacated(ticket);
    }
    this.queued.delete(ticket);
    ticket.state = 'ended';
    ticket.outcome = outcome;
  }

  #waits(ticket: MirrorTicket, patienceMsMin: number, at: number): void {
    const { leavesAt = Infinity, deadlineAt } = ticket.spec;
    const { tier, patienceMs } = rungOf(ticket)!;
    const latestMs = Math.min(leavesAt - at, tier === 'batch' ? deadlineAt - at : Infinity);
    ticket.patienceEndsAt = at + Math.min(Math.max(patienceMs, patienceMsMin), latestMs);
  }

  /** Tickets that wait although every engine that might take them is known to take nothing for longer than that. */
  thoseInVain(at: number): MirrorTicket[] {
    const closed = [...this.engines.values()].some((engine) => engine.up && closedUntil(engine, Infinity) > at);
    return closed ? [...this.queued].filter((ticket) => this.#waitsInVain(ticket, at)) : [];
  }

  /** `anywhere`: also of the engines that it is kept from. */
  #waitsInVain(ticket: MirrorTicket, at: number, anywhere = false): boolean {
    // Beyond its patience it waits for an eviction.
    if (ticket.patienceEndsAt < at) {
      return false;
    }
    const tokens = tokensMaxOf(ticket);
    let known = false;
    for (const engine of this.engines.values()) {
      const isFor = serves(engine, ticket) && tokens <= kvTokensOf(engine);
      if (isFor && (anywhere || mayUse(ticket, engine, -Infinity))) {
        const until = closedUntil(engine, tokens);
        if (until <= at || until <= ticket.patienceEndsAt) {
          return false;
        }
        known = true;
      }
    }
    return known;
  }

  /** Who waits in vain for the engines whose caches it knows goes elsewhere, if there is anywhere to go. */
  mayLeaveItsCache(ticket: MirrorTicket, at: number): boolean {
    return isTied(ticket) && this.#waitsInVain(ticket, at) && !this.#waitsInVain(ticket, at, true);
  }

  untieThoseInVain(at: number): void {
    for (const ticket of this.thoseInVain(at)) {
      if (this.mayLeaveItsCache(ticket, at)) {
        untie(ticket);
      }
    }
  }

  #vacated(ticket: MirrorTicket): void {
    const engine = this.engines.get(ticket.engine!)!;
    engine.tickets.delete(ticket);
    engine.lane?.ended(ticket);
    if (engine.watched === ticket) {
      engine.watched = null;
    }
    ticket.engine = null;
  }

  /** The engine gave up models, or all of them. */
  untiedFrom(engine: string, models: readonly string[]): void {
    for (const ticket of this.tickets.values()) {
      const isThere = ticket.engines?.includes(engine) === true;
      if (ticket.state !== 'ended' && isThere && !models.includes(ticket.spec.model)) {
        untie(ticket);
      }
    }
  }

  mayBeEvicted(ticket: MirrorTicket): boolean {
    return (
      ticket.state === 'running' &&
      isEvictable(tierOf(ticket)) &&
      mayRunAgain(ticket) &&
      ticket.evictions < this.limits.evictionsPerTicketMax
    );
  }

  hasEngine(ticket: MirrorTicket): boolean {
    return [...this.engines.values()].some((engine) => serves(engine, ticket) && mayUse(ticket, engine, -Infinity));
  }

  /** Some engine that it may use takes its tier, up or not, or none is known at all. */
  hasTaker(ticket: MirrorTicket): boolean {
    const known = [...this.engines.values()].filter(
      (engine) => engine.models.includes(ticket.spec.model) && mayUse(ticket, engine, -Infinity),
    );
    return known.length === 0 || known.some((engine) => takes(engine, ticket));
  }

  /** Applies one decision after it was found to be right. */
  apply(ticket: MirrorTicket, decision: Decision, at: number): void {
    switch (decision.kind) {
      case 'start':
        this.started(ticket, this.engines.get(decision.engine)!);
        return;
      case 'evict':
        ticket.state = 'stopping';
        if (decision.why === 'prompt' && ticket.engines === null) {
          ticket.engines = [decision.engine];
          ticket.returnsUntil = Infinity;
        }
        return;
      case 'watch':
        this.engines.get(decision.engine)!.watched = ticket;
        return;
      case 'move':
        ticket.rungIndex += 1;
        ticket.waitsSince = at;
        ticket.bouncedOut = false;
        this.#waits(ticket, 0, at);
        if (!this.hasTaker(ticket)) {
          untie(ticket);
        }
        return;
      case 'refuse':
        this.ended(ticket, 'refused');
        return;
      case 'fail':
        this.ended(ticket, 'lost');
    }
  }

  /** Why a waiting ticket may be refused now; anything else is a wrong reason. */
  mayRefuse(ticket: MirrorTicket, reason: RefusalReason, at: number): boolean {
    const { ladder, deadlineAt } = ticket.spec;
    switch (reason) {
      case 'expired':
        return ladder[0]!.tier === 'batch' && at >= deadlineAt;
      case 'infeasible':
        return ladder[0]!.tier === 'batch';
      case 'contended':
      case 'no-capacity':
        // On a ladder the reason may be an earlier rung's, from a time when engines were or were not up.
        return ladder.length > 1 || (reason === 'contended') === this.hasEngine(ticket);
      default:
        return true;
    }
  }
}

export function rungOf(ticket: MirrorTicket): TicketSpec['ladder'][number] | undefined {
  return ticket.spec.ladder[ticket.rungIndex];
}

export function tierOf(ticket: MirrorTicket): Tier {
  return rungOf(ticket)!.tier;
}

export function tokensMaxOf({ spec }: MirrorTicket): number {
  return spec.inputTokens + spec.outputTokensMax;
}

/** Nothing is told of it between start and end. */
export function isSilent(ticket: MirrorTicket): boolean {
  const { silent } = ticket.spec;
  return silent === true || (silent === 'interactive' && !isEvictable(tierOf(ticket)));
}

export function kvReserved(engine: MirrorEngine): number {
  return [...engine.tickets].reduce((sum, ticket) => sum + tokensMaxOf(ticket), 0);
}

/** What held a ticket at an engine to return to is over at some time. */
export function mayUse(ticket: MirrorTicket, engine: MirrorEngine, at: number): boolean {
  const isFree = ticket.returnsUntil !== null && at >= ticket.returnsUntil;
  return isFree || (ticket.engines?.includes(engine.name) ?? true);
}

/** It is up, and for such tickets. */
export function serves(engine: MirrorEngine, ticket: MirrorTicket): boolean {
  return engine.up && engine.models.includes(ticket.spec.model) && takes(engine, ticket);
}

/** It takes nothing that comes to so many tokens before then. */
function closedUntil({ pausedUntil, lane }: MirrorEngine, tokens: number): number {
  return Math.max(pausedUntil, lane?.closedUntil(tokens) ?? -Infinity);
}

export function kvTokensOf({ lane, capacity }: MirrorEngine): number {
  return lane === null ? (capacity.kvTokens ?? Infinity) : Infinity;
}

export function takes(engine: MirrorEngine, ticket: MirrorTicket): boolean {
  return engine.tiers?.includes(tierOf(ticket)) ?? true;
}

export function rankIn(engine: MirrorEngine, model: string): number {
  return engine.places[model]?.rank ?? 0;
}

function isTied(ticket: MirrorTicket): boolean {
  return ticket.engines !== null && (ticket.spec.enginesForCache === true || ticket.returnsUntil !== null);
}

/** It lost an engine whose cache it was tied to. */
export function untie(ticket: MirrorTicket): void {
  if (isTied(ticket)) {
    ticket.engines = null;
    ticket.returnsUntil = null;
  }
}

function returned(ticket: MirrorTicket): void {
  if (ticket.returnsUntil !== null) {
    ticket.engines = null;
    ticket.returnsUntil = null;
  }
}

export function mayRunAgain({ continuation, committed }: MirrorTicket): boolean {
  return continuation === 'continue' || (continuation === 'restart' && !committed);
}

export function demand(holds: boolean, otherwise: string): asserts holds {
  if (!holds) {
    throw new Error(otherwise);
  }
}
