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
  /** The only engines that it may use; null: any. */
  engines: readonly string[] | null;
  starts: number;
  evictions: number;
  lostRuns: number;
  outputTokens: number;
  committed: boolean;
  continuation: Continuation;
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
  readonly tickets: Set<MirrorTicket>;
}

/** What must hold of each decision by itself. Throws at the first one that must not have been made. */
export class Mirror {
  readonly tickets: Map<string, MirrorTicket> = new Map();
  readonly engines: Map<string, MirrorEngine> = new Map();
  readonly limits: SchedulerLimits;

  constructor(limits: Partial<SchedulerLimits>) {
    this.limits = { ...DEFAULT_SCHEDULER_LIMITS, ...limits };
  }

  get live(): MirrorTicket[] {
    return [...this.tickets.values()].filter(({ state }) => state !== 'ended');
  }

  submitted(spec: TicketSpec, at: number): void {
    const ticket = this.#arrived(spec, at);
    this.tickets.set(spec.id, ticket);
    if (!this.#hasEngine(ticket)) {
      untie(ticket);
    }
  }

  #arrived(spec: TicketSpec, at: number): MirrorTicket {
    return {
      spec,
      state: 'queued',
      rungIndex: 0,
      waitsSince: at,
      queuedSince: at,
      engine: null,
      engines: spec.engines ?? null,
      starts: 0,
      evictions: 0,
      lostRuns: 0,
      outputTokens: 0,
      committed: false,
      continuation: spec.continuation,
      mayResume: true,
      outcome: null,
    };
  }

  /** The engine gave up models, or all of them. */
  untiedFrom(engine: string, models: readonly string[]): void {
    for (const ticket of this.live) {
      if (ticket.spec.engines?.includes(engine) === true && !models.includes(ticket.spec.model)) {
        untie(ticket);
      }
    }
  }

  /** Checks one `handle`'s decisions in order, and applies them. */
  decided(decisions: readonly Decision[], at: number): void {
    const evictions = decisions.filter(({ kind }) => kind === 'evict').length;
    demand(evictions <= this.limits.evictionsPerDecisionMax, `${String(evictions)} evictions in one decision`);
    for (const decision of decisions) {
      const ticket = this.tickets.get(decision.id);
      demand(ticket !== undefined && ticket.state !== 'ended', `${decision.kind} of ${decision.id}, which is over`);
      this.#apply(ticket, decision, at);
    }
  }

  /** The ticket's run is over. */
  vacated(ticket: MirrorTicket): void {
    this.engines.get(ticket.engine!)!.tickets.delete(ticket);
    ticket.engine = null;
  }

  ended(ticket: MirrorTicket, outcome: Outcome): void {
    demand(ticket.outcome === null, `${ticket.spec.id} ended as ${String(ticket.outcome)} and again as ${outcome}`);
    if (ticket.engine !== null) {
      this.vacated(ticket);
    }
    ticket.state = 'ended';
    ticket.outcome = outcome;
  }

  mayBeEvicted(ticket: MirrorTicket): boolean {
    return (
      ticket.state === 'running' &&
      isEvictable(tierOf(ticket)) &&
      mayRunAgain(ticket) &&
      ticket.evictions < this.limits.evictionsPerTicketMax
    );
  }

  #apply(ticket: MirrorTicket, decision: Decision, at: number): void {
    const { id } = decision;
    switch (decision.kind) {
      case 'start':
        this.#start(ticket, decision, at);
        return;
      case 'evict':
        demand(this.mayBeEvicted(ticket), `${id} was evicted, and may not be`);
        demand(ticket.engine === decision.engine, `${id} was evicted from ${decision.engine}, and is not there`);
        ticket.state = 'stopping';
        demand(
          [...this.engines.get(decision.engine)!.tickets].filter(({ state }) => state === 'stopping').length <=
            this.limits.evictionsPerEngineMax,
          `more evictions under way on ${decision.engine} than may be`,
        );
        return;
      case 'move':
        demand(ticket.state === 'queued', `${id} moved and does not wait`);
        demand(tierOf(ticket) === decision.from, `${id} moved from ${decision.from}, where it was not`);
        ticket.rungIndex += 1;
        ticket.waitsSince = at;
        demand(rungOf(ticket)?.tier === decision.to, `${id} moved to ${decision.to}, which is not its next rung`);
        demand(rungOf(ticket)?.why === decision.why, `${id} moved for ${decision.why}`);
        return;
      case 'refuse':
        demand(ticket.state === 'queued', `${id} was refused and does not wait`);
        demand(tierOf(ticket) === decision.tier, `${id} was refused at a tier where it was not`);
        demand(
          Number.isFinite(decision.retryAfterMs) && decision.retryAfterMs > 0,
          `${id} was refused with the hint ${String(decision.retryAfterMs)}`,
        );
        demand((decision.reason === 'limited') <= (decision.limit !== undefined), `${id} is limited by nothing`);
        this.#checkReason(ticket, decision.reason, at);
        this.ended(ticket, 'refused');
        return;
      case 'fail':
        demand(ticket.state === 'queued' && ticket.starts > 0, `${id} failed and did not run`);
        demand(!ticket.mayResume, `${id} failed and might have run again`);
        this.ended(ticket, 'lost');
    }
  }

  #start(ticket: MirrorTicket, decision: Extract<Decision, { kind: 'start' }>, at: number): void {
    const { id, model } = ticket.spec;
    const engine = this.engines.get(decision.engine);
    demand(ticket.state === 'queued', `${id} started and does not wait`);
    demand(engine !== undefined && engine.up, `${id} started on ${decision.engine}, which is not up`);
    demand(engine.pausedUntil <= at, `${id} started on ${decision.engine}, which is paused`);
    demand(engine.models.includes(model), `${id} started on ${decision.engine}, which does not serve ${model}`);
    demand(mayUse(ticket, engine), `${id} started on ${decision.engine}, which it may not use`);
    demand(decision.tier === tierOf(ticket), `${id} started as ${decision.tier}, which is not its rung`);
    demand(decision.why === rungOf(ticket)!.why, `${id} started for ${decision.why}`);
    demand(decision.resume === ticket.starts > 0, `${id} started with resume ${String(decision.resume)}`);
    demand(ticket.starts === 0 || ticket.mayResume, `${id} ran again and may not`);
    demand(decision.waitMs === at - ticket.queuedSince, `${id} started after ${String(decision.waitMs)} ms`);
    ticket.state = 'running';
    ticket.engine = decision.engine;
    ticket.starts += 1;
    engine.tickets.add(ticket);
    const { slots, kvTokens } = engine.capacity;
    demand(slots === 'auto' || engine.tickets.size <= slots, `${engine.name} runs more than its slots`);
    demand(kvReserved(engine) <= (kvTokens ?? Infinity), `${engine.name} holds more than its KV`);
  }

  #checkReason(ticket: MirrorTicket, reason: RefusalReason, at: number): void {
    const { ladder, deadlineAt } = ticket.spec;
    if (reason === 'expired') {
      demand(ladder[0]!.tier === 'batch' && at >= deadlineAt, `${ticket.spec.id} expired before its deadline`);
    }
    if (reason === 'infeasible') {
      demand(ladder[0]!.tier === 'batch', `${ticket.spec.id} is infeasible and has no deadline`);
    }
    const up = this.#hasEngine(ticket);
    // On a ladder the reason may be an earlier rung's, from a time when engines were or were not up.
    if (ladder.length === 1 && (reason === 'contended' || reason === 'no-capacity')) {
      demand((reason === 'contended') === up, `${ticket.spec.id} was refused as ${reason}`);
    }
  }

  #hasEngine(ticket: MirrorTicket): boolean {
    return [...this.engines.values()].some(
      (engine) => engine.up && engine.models.includes(ticket.spec.model) && mayUse(ticket, engine),
    );
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

export function kvReserved(engine: MirrorEngine): number {
  return [...engine.tickets].reduce((sum, ticket) => sum + tokensMaxOf(ticket), 0);
}

export function mayUse(ticket: MirrorTicket, engine: MirrorEngine): boolean {
  return ticket.engines?.includes(engine.name) ?? true;
}

/** It lost an engine whose cache it was tied to. */
export function untie(ticket: MirrorTicket): void {
  if (ticket.spec.enginesForCache === true) {
    ticket.engines = null;
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
