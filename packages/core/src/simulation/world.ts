import type { Decision } from '../scheduler/decisions.ts';
import type { SchedulerEvent } from '../scheduler/events.ts';
import { IndexedHeap } from '../structures/indexed-heap.ts';
import { isSilent, mayRunAgain, untie, type Mirror, type MirrorEngine, type MirrorTicket } from './mirror.ts';
import { EngineLives } from './engine-lives.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

interface Happening {
  readonly at: number;
  readonly seq: number;
  /** What the scheduler is told; null when it turned out not to happen. */
  readonly tell: () => SchedulerEvent | null;
  slot: number;
}

const PROGRESS_TOKENS = 20;
const STOP_MS_MAX = 60;
/** What a step takes longer while a prompt is read. */
const PROMPT_STEP_MS = 25;
/** Longer than any patience for evictions in a scenario. */
const SLOW_STOP_MS = 12_000;

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
    const engines = new EngineLives(
      random,
      scenario,
      mirror,
      (at, tell) => {
        this.#plan(at, tell);
      },
      (ticket, at) => {
        this.#planStopped(ticket, ticket.starts, at, 'lost');
      },
    );
    for (const plan of scenario.engines) {
      engines.begin(plan);
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
      } else if (decision.kind === 'watch') {
        this.#follow(ticket, ticket.starts, at);
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
    if (this.#mirror.engines.get(ticket.engine!)!.lane !== null) {
      this.#planLimits(ticket.engine!, firstAt);
    }
    if (this.#random.chance(faults.bounce)) {
      this.#planStopped(ticket, run, firstAt, 'bounced');
      return;
    }
    if (this.#random.chance(faults.loss)) {
      this.#planStopped(ticket, run, firstAt + this.#random.gap(500), 'lost');
    }
    const silent = isSilent(ticket);
    if (!silent) {
      this.#planFirstToken(ticket, run, firstAt);
    }
    const tokens = this.#random.int(1, outputTokensMax);
    const msPerToken =
      this.#scenario.shadow === null
        ? this.#random.int(2, 30)
        : this.#stepMs(this.#mirror.engines.get(ticket.engine!)!);
    let tokenAt = firstAt;
    for (let done = ticket.outputTokens + PROGRESS_TOKENS; done < tokens; done += PROGRESS_TOKENS) {
      tokenAt += PROGRESS_TOKENS * msPerToken;
      if (!silent) {
        this.#planProgress(ticket, run, tokenAt, done);
      }
    }
    const finishAt = tokenAt + PROGRESS_TOKENS * msPerToken;
    const outcome = this.#random.chance(faults.failure) ? 'failed' : 'completed';
    this.#during(ticket, run, finishAt, () => {
      ticket.outputTokens = Math.max(tokens, ticket.outputTokens);
      const { outputTokens } = ticket;
      if (outcome === 'completed' && !ticket.streams) {
        this.#mirror.engines.get(ticket.engine!)!.lane?.succeeded(ticket);
      }
      this.#mirror.ended(ticket, outcome);
      return { kind: 'finish', at: finishAt, id, outcome, inputTokens, outputTokens };
    });
  }

  #planFirstToken(ticket: MirrorTicket, run: number, at: number): void {
    const { id } = ticket.spec;
    this.#during(ticket, run, at, () => {
      ticket.streams = true;
      this.#mirror.engines.get(ticket.engine!)!.lane?.succeeded(ticket);
      return { kind: 'first-token', at, id };
    });
    if (this.#random.chance(0.8)) {
      this.#during(ticket, run, at, () => {
        ticket.committed = true;
        return { kind: 'committed', at, id };
      });
    }
  }

  /** Each of its tokens is told from now on, until it ends or is held up. */
  #follow(ticket: MirrorTicket, run: number, since: number): void {
    const engine = this.#mirror.engines.get(ticket.engine!)!;
    const tokens = this.#random.chance(0.1) ? this.#random.int(2, 5) : 1;
    const stallMs = this.#random.chance(0.02) ? this.#random.int(100, 2_000) : 0;
    const at = since + tokens * this.#stepMs(engine) + stallMs;
    this.#during(ticket, run, at, () => {
      if (ticket.heldUp || ticket.outputTokens + tokens >= ticket.spec.outputTokensMax) {
        return null;
      }
      ticket.outputTokens += tokens;
      ticket.heldUp = this.#random.chance(0.02);
      this.#follow(ticket, run, at);
      const { id } = ticket.spec;
      return { kind: 'progress', at, id, outputTokens: ticket.outputTokens, heldUp: ticket.heldUp };
    });
  }

  #stepMs(engine: MirrorEngine): number {
    const { stepMs, stepMsPerRequest } = this.#scenario.engines.find(({ name }) => name === engine.name)!;
    const reads = [...engine.tickets].some((ticket) => !ticket.streams);
    const longMs = stepMs + stepMsPerRequest * engine.tickets.size + (reads ? PROMPT_STEP_MS : 0);
    return longMs * (0.95 + 0.1 * this.#random.unit());
  }

  #planProgress(ticket: MirrorTicket, run: number, at: number, outputTokens: number): void {
    const harder = this.#random.chance(0.05);
    this.#during(ticket, run, at, () => {
      ticket.outputTokens = Math.max(ticket.outputTokens, outputTokens);
      ticket.continuation = harder ? 'none' : ticket.continuation;
      return {
        kind: 'progress',
        at,
        id: ticket.spec.id,
        outputTokens: ticket.outputTokens,
        ...(harder ? { continuation: 'none' } : {}),
      };
    });
  }

  #stop(ticket: MirrorTicket, at: number): void {
    const slow = this.#random.chance(this.#scenario.faults.slowStop);
    const stopAt = at + (slow ? SLOW_STOP_MS : this.#random.int(1, STOP_MS_MAX));
    this.#planStopped(ticket, ticket.starts, stopAt, 'evicted');
  }

  /** What a provider's answer says of its limits, if it does. */
  #planLimits(engine: string, at: number): void {
    if (!this.#random.chance(0.4)) {
      return;
    }
    const resetsInMs = this.#random.pick([0, 100, 2_000, 20_000]);
    const requests = { remaining: this.#random.pick([0, 1, 2, 10]), resetsInMs };
    const tokens = { remaining: this.#random.pick([0, 200, 2_000]), resetsInMs };
    const told = this.#random.pick([{ requests }, { tokens }, { requests, tokens }]);
    this.#plan(at, () => {
      const lane = this.#mirror.engines.get(engine)?.lane ?? null;
      if (lane === null || this.#mirror.engines.get(engine)!.removed) {
        return null;
      }
      lane.told('requests' in told ? told.requests : undefined, 'tokens' in told ? told.tokens : undefined, at);
      return { kind: 'engine-limits', at, engine, ...told };
    });
  }

  #planStopped(ticket: MirrorTicket, run: number, at: number, cause: 'evicted' | 'lost' | 'bounced'): void {
    const { lane } = this.#mirror.engines.get(ticket.engine!)!;
    // Own engines have nothing to say about it, and lanes sometimes.
    const pauseMs = lane === null || this.#random.chance(0.3) ? undefined : this.#random.pick([0, 200, 3_000, 40_000]);
    this.#during(ticket, run, at, () => {
      const engine = this.#mirror.engines.get(ticket.engine!)!;
      const { limits } = this.#mirror;
      ticket.evictions += cause === 'evicted' ? 1 : 0;
      ticket.lostRuns += cause === 'lost' ? 1 : 0;
      if (cause === 'lost') {
        untie(ticket);
      }
      const bounced = cause === 'bounced';
      if (cause !== 'evicted') {
        const usualMs = bounced ? limits.bouncePauseMs : limits.lostPauseMs;
        engine.pausedUntil = Math.max(engine.pausedUntil, at + Math.min(pauseMs ?? usualMs, limits.pauseMsMax));
        if (bounced || pauseMs !== undefined) engine.lane?.paused();
      }
      ticket.bounces += bounced ? 1 : 0;
      ticket.bouncedOut = bounced && ticket.bounces > limits.bouncesMax;
      ticket.mayResume = bounced || (mayRunAgain(ticket) && ticket.lostRuns <= limits.lostRunsMax);
      this.#mirror.waitsAgain(ticket, at, bounced);
      const { outputTokens, spec } = ticket;
      const told = { kind: 'stopped', at, id: spec.id, cause, outputTokens } as const;
      return cause === 'evicted' || pauseMs === undefined ? told : { ...told, pauseMs };
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

  /** Happens unless the run is over by then. */
  #during(ticket: MirrorTicket, run: number, at: number, tell: () => SchedulerEvent | null): void {
    this.#plan(at, () => (ticket.engine !== null && ticket.starts === run ? tell() : null));
  }

  #plan(at: number, tell: () => SchedulerEvent | null): void {
    this.#seq += 1;
    this.#agenda.place({ at, seq: this.#seq, tell, slot: -1 });
  }
}
