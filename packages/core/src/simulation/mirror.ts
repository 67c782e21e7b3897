import type { CapacityModel, EngineLoad } from '../capacity/capacity-model.ts';
import type { Decision, RefusalReason } from '../scheduler/decisions.ts';
import { DEFAULT_SCHEDULER_LIMITS, type SchedulerLimits } from '../scheduler/scheduler-limits.ts';
import type { CapacitySpec } from '../scheduler/events.ts';
import type { Continuation, TicketSpec } from '../scheduler/ticket.ts';
import { isEvictable, type Tier } from '../tiers/tier.ts';

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
    if (!this.hasEngine(ticket)) {
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

  #vacated(ticket: MirrorTicket): void {
    const engine = this.engines.get(ticket.engine!)!;
    engine.tickets.delete(ticket);
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
    return [...this.engines.values()].some(
      (engine) => engine.up && engine.models.includes(ticket.spec.model) && mayUse(ticket, engine, -Infinity),
    );
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

/** It lost an engine whose cache it was tied to. */
export function untie(ticket: MirrorTicket): void {
  if (ticket.spec.enginesForCache === true || ticket.returnsUntil !== null) {
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
