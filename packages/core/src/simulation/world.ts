import type { Decision } from '../scheduler/decisions.ts';
import type { SchedulerEvent } from '../scheduler/events.ts';
import { IndexedHeap } from '../structures/indexed-heap.ts';
import { mayRunAgain, untie, type Mirror, type MirrorTicket } from './mirror.ts';
import type { Random } from './random.ts';
import type { EnginePlan, Scenario } from './scenario.ts';

interface Happening {
  readonly at: number;
  readonly seq: number;
  /** What the scheduler is told; null when it turned out not to happen. */
  readonly tell: () => SchedulerEvent | null;
  slot: number;
}

const PROGRESS_TOKENS = 20;
const STOP_MS_MAX = 60;
/** Longer than any patience for evictions in a scenario. */
const SLOW_STOP_MS = 12_000;
const ENGINE_AWAY_MS_MAX = 8_000;

/** Clients and engines that follow decisions, with everything that can go wrong on their side. */
export class World {
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #mirror: Mirror;
  readonly #agenda = new IndexedHeap<'slot', Happening>(
    'slot',
    (a, b) => a.at < b.at || (a.at === b.at && a.seq < b.seq),
  );
  #seq = 0;

  constructor(random: Random, scenario: Scenario, mirror: Mirror) {
    this.#random = random;
    this.#scenario = scenario;
    this.#mirror = mirror;
    for (const plan of scenario.engines) {
      this.#planEngine(plan);
    }
    for (const { at, ticket } of scenario.arrivals) {
      this.#plan(at, () => ({ kind: 'submit', at, ticket }));
      if (random.chance(scenario.faults.cancel)) {
        this.#planCancel(ticket.id, at + random.gap(800));
      }
    }
  }

  get nextAt(): number | null {
    return this.#agenda.peek()?.at ?? null;
  }

  next(): SchedulerEvent | null {
    return this.#agenda.pop()?.tell() ?? null;
  }

  /** Does what was decided. */
  follow(decisions: readonly Decision[], at: number): void {
    for (const decision of decisions) {
      const ticket = this.#mirror.tickets.get(decision.id)!;
      if (decision.kind === 'start') {
        this.#run(ticket, at);
      } else if (decision.kind === 'evict') {
        this.#stop(ticket, at);
      }
    }
  }

  /** Something that was said is said again, or said too late. */
  mayRepeat(event: SchedulerEvent, at: number): void {
    const repeatable = event.kind === 'finish' || event.kind === 'cancel' || event.kind === 'committed';
    if (repeatable && this.#random.chance(this.#scenario.faults.duplicate)) {
      const later = at + this.#random.gap(50);
      this.#plan(later, () => ({ ...event, at: later }));
    }
  }

  #run(ticket: MirrorTicket, at: number): void {
    const { faults } = this.#scenario;
    const { id, inputTokens, outputTokensMax } = ticket.spec;
    const run = ticket.starts;
    if (ticket.continuation === 'restart') {
      ticket.outputTokens = 0;
    }
    const firstAt = at + this.#random.int(5, 150);
    if (this.#random.chance(faults.bounce)) {
      this.#planStopped(ticket, run, firstAt, 'bounced');
      return;
    }
    if (this.#random.chance(faults.loss)) {
      this.#planStopped(ticket, run, firstAt + this.#random.gap(500), 'lost');
    }
    this.#during(ticket, run, firstAt, () => ({ kind: 'first-token', at: firstAt, id }));
    if (this.#random.chance(0.8)) {
      this.#during(ticket, run, firstAt, () => {
        ticket.committed = true;
        return { kind: 'committed', at: firstAt, id };
      });
    }
    const tokens = this.#random.int(1, outputTokensMax);
    const msPerToken = this.#random.int(2, 30);
    let tokenAt = firstAt;
    for (let done = ticket.outputTokens + PROGRESS_TOKENS; done < tokens; done += PROGRESS_TOKENS) {
      tokenAt += PROGRESS_TOKENS * msPerToken;
      this.#planProgress(ticket, run, tokenAt, done);
    }
    const finishAt = tokenAt + PROGRESS_TOKENS * msPerToken;
    const outcome = this.#random.chance(faults.failure) ? 'failed' : 'completed';
    this.#during(ticket, run, finishAt, () => {
      ticket.outputTokens = Math.max(tokens, ticket.outputTokens);
      const { outputTokens } = ticket;
      this.#mirror.ended(ticket, outcome);
      return { kind: 'finish', at: finishAt, id, outcome, inputTokens, outputTokens };
    });
  }

  #planProgress(ticket: MirrorTicket, run: number, at: number, outputTokens: number): void {
    const harder = this.#random.chance(0.05);
    this.#during(ticket, run, at, () => {
      ticket.outputTokens = outputTokens;
      ticket.continuation = harder ? 'none' : ticket.continuation;
      return {
        kind: 'progress',
        at,
        id: ticket.spec.id,
        outputTokens,
        ...(harder ? { continuation: 'none' } : {}),
      };
    });
  }

  #stop(ticket: MirrorTicket, at: number): void {
    const slow = this.#random.chance(this.#scenario.faults.slowStop);
    const stopAt = at + (slow ? SLOW_STOP_MS : this.#random.int(1, STOP_MS_MAX));
    this.#planStopped(ticket, ticket.starts, stopAt, 'evicted');
  }

  #planStopped(ticket: MirrorTicket, run: number, at: number, cause: 'evicted' | 'lost' | 'bounced'): void {
    this.#during(ticket, run, at, () => {
      const engine = this.#mirror.engines.get(ticket.engine!)!;
      const { limits } = this.#mirror;
      ticket.evictions += cause === 'evicted' ? 1 : 0;
      ticket.lostRuns += cause === 'lost' ? 1 : 0;
      if (cause === 'lost') {
        untie(ticket);
      }
      if (cause !== 'evicted') {
        const pauseMs = cause === 'bounced' ? limits.bouncePauseMs : limits.lostPauseMs;
        engine.pausedUntil = Math.max(engine.pausedUntil, at + pauseMs);
      }
      const bounced = cause === 'bounced';
      ticket.mayResume = bounced || (mayRunAgain(ticket) && ticket.lostRuns <= limits.lostRunsMax);
      this.#mirror.vacated(ticket);
      ticket.state = 'queued';
      // Its engine never took it, so it is still the same wait.
      ticket.waitsSince = bounced ? ticket.waitsSince : at;
      ticket.queuedSince = at;
      return { kind: 'stopped', at, id: ticket.spec.id, cause, outputTokens: ticket.outputTokens };
    });
  }

  #planCancel(id: string, at: number): void {
    this.#plan(at, () => {
      const ticket = this.#mirror.tickets.get(id)!;
      if (ticket.state === 'ended') {
        return null;
      }
      this.#mirror.ended(ticket, 'cancelled');
      return { kind: 'cancel', at, id, outputTokens: ticket.outputTokens };
    });
  }

  #planEngine(plan: EnginePlan): void {
    const upAt = this.#random.chance(0.8) ? 0 : this.#random.int(1, 5_000);
    this.#planUp(plan, upAt);
    if (this.#random.chance(0.3)) {
      const at = upAt + this.#random.int(1, 10_000);
      const waiting = this.#random.int(0, 3);
      this.#plan(at, () => ({ kind: 'engine-stats', at, engine: plan.name, waiting }));
    }
    if (this.#random.chance(this.#scenario.faults.engineLoss)) {
      const downAt = upAt + this.#random.int(1, 10_000);
      this.#planDown(plan, downAt);
      const backAt = downAt + this.#random.int(1, ENGINE_AWAY_MS_MAX);
      // It may come back smaller, larger, or with another choice of models.
      const kvTokens = this.#random.int(200, 3_000);
      const capacity = this.#random.chance(0.5) ? plan.capacity : { ...plan.capacity, kvTokens };
      const models = this.#random.chance(0.7) ? plan.models : [this.#random.pick(this.#scenario.models)];
      this.#planUp({ name: plan.name, models, capacity }, backAt);
    }
  }

  #planUp({ name, models, capacity }: EnginePlan, at: number): void {
    this.#plan(at, () => {
      const known = this.#mirror.engines.get(name);
      const tickets = known?.tickets ?? new Set<MirrorTicket>();
      if (known !== undefined) {
        this.#mirror.untiedFrom(name, models);
      }
      this.#mirror.engines.set(name, {
        name,
        up: true,
        removed: false,
        models,
        capacity,
        pausedUntil: -Infinity,
        tickets,
      });
      return { kind: 'engine-up', at, engine: name, models, capacity };
    });
  }

  #planDown({ name }: EnginePlan, at: number): void {
    const removed = this.#random.chance(0.3);
    const takesWorkAlong = this.#random.chance(0.7);
    this.#plan(at, () => {
      const engine = this.#mirror.engines.get(name)!;
      engine.up = false;
      engine.removed = removed;
      if (removed) {
        engine.models = [];
      }
      this.#mirror.untiedFrom(name, []);
      for (const ticket of takesWorkAlong ? engine.tickets : []) {
        this.#planStopped(ticket, ticket.starts, at + this.#random.int(0, 100), 'lost');
      }
      return { kind: removed ? 'engine-removed' : 'engine-down', at, engine: name };
    });
  }

  /** Happens unless the run is over by then. */
  #during(ticket: MirrorTicket, run: number, at: number, tell: () => SchedulerEvent): void {
    this.#plan(at, () => (ticket.engine !== null && ticket.starts === run ? tell() : null));
  }

  #plan(at: number, tell: () => SchedulerEvent | null): void {
    this.#seq += 1;
    this.#agenda.place({ at, seq: this.#seq, tell, slot: -1 });
  }
}
