import { performance } from 'node:perf_hooks';
import { LimitBook, Scheduler, shadowCapacity, type SchedulerEvent, type TicketSpec, type Tier } from '@offpeak/core';
import type { FleetSetup } from './fleet-setups.ts';

export const FLEET = { engines: 100, running: 10_000, flexQueued: 1_000 } as const;
const PROJECTS = 100;
const ENGINES = Array.from({ length: FLEET.engines }, (_, index) => `e${String(index)}`);
/** Four slots stay free of flex: with these, an engine that flex fills runs a hundred requests. */
const SLOTS = FLEET.running / FLEET.engines + 4;
const KV_TOKENS = 400_000;
const PATIENCE_MS = 1e9;
const STEP_MS = 25;
/** Each stream but the followed ones is reported about once in so many steps. */
const PROGRESS_EVERY_STEPS = 40;
const ANSWER_TOKENS = 200;
const INTERACTIVE_SHARE = 0.3;

/** What a driver tells a scheduler, as far as each kind of event costs something of its own. */
export const MEASURED = ['submit standard', 'submit flex', 'first-token', 'beat', 'progress', 'finish'] as const;
export type Measured = (typeof MEASURED)[number];

interface Running {
  readonly id: string;
  readonly tier: Tier;
  readonly answerTokens: number;
  tokens: number;
  watched: boolean;
}

/**
 * A fleet in full work: every engine makes a step each 25 ms, one of its streams is followed token by token, answers end all the time,
 * flex waits without end and interactive requests come in at the pace at which they are answered.
 */
export class FleetWorld {
  readonly scheduler: Scheduler;
  readonly #setup: FleetSetup;
  readonly #models: readonly string[];
  readonly #running: Map<string, Running>[] = Array.from({ length: FLEET.engines }, () => new Map<string, Running>());
  readonly #placeOf = new Map<string, number>();
  #micros: Record<Measured, number[]> = noMicros();
  #interactive = 0;
  #submitted = 0;
  #steps = 0;
  #now = 0;

  constructor(setup: FleetSetup) {
    this.#setup = setup;
    this.#models = Array.from({ length: setup.models }, (_, index) => `m${String(index)}`);
    this.scheduler = new Scheduler({
      gate: new LimitBook({ limitsFor: () => null }),
      capacity: shadowCapacity(),
    });
    for (const [index, engine] of ENGINES.entries()) {
      const place = { rank: 0, weight: 1 + (index % 3) };
      this.#handle({
        kind: 'engine-up',
        at: 0,
        engine,
        models: this.#models,
        capacity: { slots: SLOTS, kvTokens: KV_TOKENS },
        places: Object.fromEntries(this.#models.map((model) => [model, setup.weighted ? place : { rank: 0 }])),
      });
    }
  }

  get running(): number {
    return this.#placeOf.size;
  }

  /** What each event took since this was last asked. */
  takeMicros(): Record<Measured, number[]> {
    const micros = this.#micros;
    this.#micros = noMicros();
    return micros;
  }

  /** One engine makes a step, and what follows from it is told. */
  step(): void {
    this.#now += STEP_MS / FLEET.engines;
    const index = this.#steps % FLEET.engines;
    const round = Math.floor(this.#steps / FLEET.engines);
    this.#steps += 1;
    const finished: Running[] = [];
    let nth = 0;
    for (const run of [...this.#running[index]!.values()]) {
      nth += 1;
      run.tokens += 1;
      const { id, tokens } = run;
      const at = this.#now;
      if (tokens >= run.answerTokens) finished.push(run);
      else if (run.watched) this.#measure('beat', { kind: 'progress', at, id, outputTokens: tokens });
      else if (tokens === 1) this.#measure('first-token', { kind: 'first-token', at, id });
      else if ((nth + round) % PROGRESS_EVERY_STEPS === 0) {
        this.#measure('progress', { kind: 'progress', at, id, outputTokens: tokens });
      }
    }
    for (const run of finished) this.#finish(index, run);
    this.#refill();
  }

  #finish(index: number, { id, tier, tokens }: Running): void {
    this.#running[index]!.delete(id);
    this.#placeOf.delete(id);
    if (tier === 'standard') this.#interactive -= 1;
    this.#measure('finish', {
      kind: 'finish',
      at: this.#now,
      id,
      outcome: 'completed',
      inputTokens: 400,
      outputTokens: tokens,
    });
  }

  #refill(): void {
    const { interactiveQueued } = this.#setup;
    const share = interactiveQueued === 0 ? INTERACTIVE_SHARE : 0;
    while (this.#interactive < share * this.running || this.#queued('standard') < interactiveQueued) {
      this.#interactive += 1;
      this.#submit('standard');
    }
    while (this.#queued('flex') < FLEET.flexQueued) {
      this.#submit('flex');
    }
  }

  #queued(tier: Tier): number {
    let queued = 0;
    for (const model of this.#models) queued += this.scheduler.depth(model, tier);
    return queued;
  }

  #submit(tier: 'standard' | 'flex'): void {
    this.#submitted += 1;
    const scattered = scatter(this.#submitted);
    const model = this.#models[(scattered >>> 8) % this.#models.length]!;
    const ticket = { ...ticketOf(this.#submitted, tier, model, this.#now), ...this.#restriction(scattered) };
    this.#measure(`submit ${tier}`, { kind: 'submit', at: this.#now, ticket });
  }

  /** A list of its own for each ticket, as a driver makes it that finds out where a request may go. */
  #restriction(scattered: number): Pick<TicketSpec, 'engines' | 'enginesForCache'> {
    const { named, tiedPercent } = this.#setup;
    if (named) return { engines: [...ENGINES] };
    const isTied = (scattered >>> 4) % 100 < tiedPercent;
    return isTied ? { engines: [ENGINES[(scattered >>> 12) % ENGINES.length]!], enginesForCache: true } : {};
  }

  #measure(kind: Measured, event: SchedulerEvent): void {
    const before = performance.now();
    const decisions = this.scheduler.handle(event);
    this.scheduler.wakeAt();
    this.#micros[kind].push((performance.now() - before) * 1_000);
    this.#carryOut(decisions);
  }

  #handle(event: SchedulerEvent): void {
    this.#carryOut(this.scheduler.handle(event));
  }

  #carryOut(decisions: ReturnType<Scheduler['handle']>): void {
    for (const decision of decisions) {
      const { id } = decision;
      switch (decision.kind) {
        case 'start': {
          const index = Number(decision.engine.slice(1));
          this.#placeOf.set(id, index);
          const answerTokens = ANSWER_TOKENS / 2 + (scatter(Number(id.slice(1))) % ANSWER_TOKENS);
          this.#running[index]!.set(id, { id, tier: decision.tier, answerTokens, tokens: 0, watched: false });
          break;
        }
        case 'watch':
          this.#running[this.#placeOf.get(id)!]!.get(id)!.watched = true;
          break;
        case 'evict':
          this.#running[this.#placeOf.get(id)!]!.delete(id);
          this.#placeOf.delete(id);
          this.#handle({ kind: 'stopped', at: this.#now, id, cause: 'evicted', outputTokens: 1 });
          break;
        default:
          throw new Error(`nothing is refused, moved or lost here, and ${decision.kind} came`);
      }
    }
  }
}

function noMicros(): Record<Measured, number[]> {
  return { 'submit standard': [], 'submit flex': [], 'first-token': [], beat: [], progress: [], finish: [] };
}

/** Multiplying by an odd number scatters without a generator of random numbers. */
function scatter(number: number): number {
  return Math.imul(number, 0x9e3779b1) >>> 0;
}

function ticketOf(number: number, tier: Tier, model: string, at: number): TicketSpec {
  const scattered = scatter(number);
  return {
    id: `t${String(number)}`,
    project: `p${String(scattered % PROJECTS)}`,
    model,
    ladder: [{ tier, patienceMs: PATIENCE_MS, why: 'asked' }],
    inputTokens: 100 + (scattered % 900),
    outputTokensMax: 512,
    deadlineAt: at + (scattered % 600_000),
    continuation: 'continue',
    bytes: 4_096,
  };
}
