import { LimitBook, Scheduler, type SchedulerEvent, type TicketSpec, type Tier } from '@offpeak/core';

export const PROJECTS = 100;
export const MODEL = 'm';
const ENGINES = 4;
const SLOTS = 64;

/** Waits long enough that nothing is refused while the bench runs. */
const PATIENCE_MS = 1e9;

const BATCH_WINDOW_MS = 24 * 3_600_000;

const TIER_MIX: readonly Tier[] = ['flex', 'flex', 'flex', 'standard', 'batch', 'flex', 'priority', 'flex'];

/** A scheduler with busy engines and `queued` waiting tickets over 100 projects, and the driver that keeps that level. */
export class BenchWorld {
  readonly scheduler: Scheduler;
  readonly #running: string[] = [];
  #submitted = 0;
  #now = 0;

  constructor(queued: number) {
    this.scheduler = new Scheduler({
      gate: new LimitBook({ limitsFor: () => null }),
      limits: { queueTicketsMax: 2_000_000, queueBytesMax: Number.MAX_SAFE_INTEGER },
    });
    for (let index = 0; index < ENGINES; index += 1) {
      this.#handle({
        kind: 'engine-up',
        at: 0,
        engine: `e${String(index)}`,
        models: [MODEL],
        capacity: { slots: SLOTS, kvTokens: 4_000_000 },
      });
    }
    // Interactive tickets that never give way hold every slot, so that what follows queues.
    for (let index = 0; index < ENGINES * SLOTS; index += 1) {
      this.submit('standard');
    }
    while (this.scheduler.queuedTickets < queued) {
      this.submit();
    }
  }

  /** One ticket comes. */
  submit(tier: Tier = TIER_MIX[this.#submitted % TIER_MIX.length]!): void {
    this.#now += 0.01;
    this.#submitted += 1;
    this.#handle({ kind: 'submit', at: this.#now, ticket: ticketOf(this.#submitted, tier, this.#now) });
  }

  /** One ticket reports progress, finishes, and the next one starts in its slot. */
  finishOne(): void {
    this.#now += 0.01;
    const id = this.#running.shift()!;
    this.#handle({ kind: 'progress', at: this.#now, id, outputTokens: 64 });
    this.#handle({
      kind: 'finish',
      at: this.#now,
      id,
      outcome: 'completed',
      inputTokens: 400,
      outputTokens: 120,
    });
  }

  #handle(event: SchedulerEvent): void {
    for (const decision of this.scheduler.handle(event)) {
      if (decision.kind === 'start') {
        this.#running.push(decision.id);
      } else if (decision.kind === 'evict') {
        this.#running.splice(this.#running.indexOf(decision.id), 1);
        this.#handle({ kind: 'stopped', at: this.#now, id: decision.id, cause: 'evicted', outputTokens: 10 });
      }
    }
    this.scheduler.wakeAt();
  }
}

/** Multiplying by an odd number scatters projects and deadlines without a generator of random numbers. */
function ticketOf(number: number, tier: Tier, at: number): TicketSpec {
  const scattered = Math.imul(number, 0x9e3779b1) >>> 0;
  return {
    id: `t${String(number)}`,
    project: `p${String(scattered % PROJECTS)}`,
    model: MODEL,
    ladder: [{ tier, patienceMs: PATIENCE_MS, why: 'asked' }],
    inputTokens: 100 + (scattered % 900),
    outputTokensMax: 256,
    deadlineAt: at + (tier === 'batch' ? BATCH_WINDOW_MS : 0) + (scattered % 600_000),
    continuation: 'continue',
    bytes: 4_096,
  };
}
