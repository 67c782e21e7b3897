import { TicketMap, type Decision, type Scheduler, type SchedulerEvent, type TicketSpec } from '@offpeak/core';

export type Start = Extract<Decision, { kind: 'start' }>;
export type Refusal = Extract<Decision, { kind: 'refuse' }>;
export type Move = Extract<Decision, { kind: 'move' }>;
export type Failure = Extract<Decision, { kind: 'fail' }>;

/** Whoever stands behind a ticket and carries out what is decided about it. */
export interface TicketOwner {
  readonly ticketId: string;
  start(decision: Start): void;
  /** Stop the run and answer with `stopped`. */
  evict(): void;
  moved(decision: Move): void;
  refused(decision: Refusal): void;
  failed(decision: Failure): void;
  /** From now on, tell the scheduler of each token as it comes, until the run is over. */
  watch(): void;
  /** It does. */
  readonly watched: boolean;
  /** Tokens so far, for the progress reports. */
  readonly outputTokens: number;
  progressReported(at: number): void;
  /** It waits at a tier that gives way. */
  readonly waitsEvictable: boolean;
  /** A new configuration is in force: what the ticket waits for may be gone, or there again. */
  reconfigured(): void;
  /** Something of ours threw while its ticket was worked on: end it, once, and throw nothing more. */
  broke(error: unknown): void;
  /** The server stops: end the ticket now, with whatever can still be said to the client. */
  stop(): void;
}

/**
 * Each ticket that makes progress is reported about once in this time, a share of them each turn: thousands of reports at once would
 * hold up every stream.
 */
export const PROGRESS_EVERY_MS = 1_000;
const PROGRESS_TURN_MS = 25;
const PROGRESS_REPORTS_MIN = 16;

/**
 * Drives the scheduler in real time: feeds it events with their times, hands its decisions to the owners of the tickets, and wakes
 * it when it asks to be. Decisions may cause events before they are all carried out; those wait their turn, so that the scheduler
 * is never entered twice.
 */
export class Desk {
  readonly #scheduler: Scheduler;
  readonly #owners = new TicketMap<TicketOwner>();
  readonly #progressed: TicketOwner[] = [];
  readonly #inbox: SchedulerEvent[] = [];
  #busy = false;
  #wakeAt = Number.POSITIVE_INFINITY;
  #wake: NodeJS.Timeout | null = null;
  readonly #sweep: NodeJS.Timeout;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
    this.#sweep = setInterval(() => {
      this.#reportProgress();
    }, PROGRESS_TURN_MS);
    this.#sweep.unref();
  }

  get scheduler(): Scheduler {
    return this.#scheduler;
  }

  /** Tickets that are queued or running. */
  get size(): number {
    return this.#owners.size;
  }

  /** Tells something to all owners, those that it ends included. What one of them cannot take in is its own end alone. */
  tellAll(what: (owner: TicketOwner) => void): void {
    for (const owner of [...this.#owners.values()]) {
      try {
        what(owner);
      } catch (error) {
        owner.broke(error);
      }
    }
  }

  now(): number {
    return performance.now();
  }

  submit(ticket: TicketSpec, owner: TicketOwner, at: number): void {
    this.#owners.set(ticket.id, owner);
    this.send({ kind: 'submit', at, ticket });
  }

  /** The ticket's story is over; nothing more is decided about it. */
  finish(id: string, outcome: 'completed' | 'failed', inputTokens: number, outputTokens: number): void {
    this.#owners.delete(id);
    this.send({ kind: 'finish', at: this.now(), id, outcome, inputTokens, outputTokens });
  }

  cancel(id: string, outputTokens: number): void {
    if (this.#owners.delete(id)) this.send({ kind: 'cancel', at: this.now(), id, outputTokens });
  }

  /** Its tokens changed; called at most once per report by the owner. */
  progressed(owner: TicketOwner): void {
    this.#progressed.push(owner);
  }

  send(event: SchedulerEvent): void {
    this.#inbox.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        for (const decision of this.#scheduler.handle(next)) this.#carryOut(decision);
      }
    } finally {
      this.#busy = false;
    }
    this.#rearm();
  }

  close(): void {
    clearInterval(this.#sweep);
    if (this.#wake !== null) clearTimeout(this.#wake);
  }

  #carryOut(decision: Decision): void {
    const owner = this.#owners.get(decision.id);
    // The client left while this decision waited its turn; its cancel is in the inbox.
    if (owner === undefined) return;
    try {
      this.#tell(owner, decision);
    } catch (error) {
      // The decisions after it are others'.
      owner.broke(error);
    }
  }

  #tell(owner: TicketOwner, decision: Decision): void {
    switch (decision.kind) {
      case 'start':
        owner.start(decision);
        break;
      case 'evict':
        owner.evict();
        break;
      case 'watch':
        owner.watch();
        break;
      case 'move':
        owner.moved(decision);
        break;
      case 'refuse':
        this.#owners.delete(decision.id);
        owner.refused(decision);
        break;
      case 'fail':
        this.#owners.delete(decision.id);
        owner.failed(decision);
        break;
    }
  }

  #reportProgress(): void {
    const waiting = this.#progressed.length;
    if (waiting === 0) return;
    const share = Math.ceil((waiting * PROGRESS_TURN_MS) / PROGRESS_EVERY_MS);
    const at = this.now();
    for (const owner of this.#progressed.splice(0, Math.max(share, PROGRESS_REPORTS_MIN))) {
      try {
        owner.progressReported(at);
      } catch (error) {
        owner.broke(error);
      }
      if (owner.watched || !this.#owners.has(owner.ticketId)) continue;
      this.send({ kind: 'progress', at, id: owner.ticketId, outputTokens: owner.outputTokens });
    }
  }

  /** A timer that fires too early only costs a tick, so it is moved only when the scheduler must wake before it. */
  #rearm(): void {
    const wakeAt = this.#scheduler.wakeAt();
    if (wakeAt === null || wakeAt >= this.#wakeAt) return;
    if (this.#wake !== null) clearTimeout(this.#wake);
    this.#wakeAt = wakeAt;
    this.#wake = setTimeout(
      () => {
        this.#wakeAt = Number.POSITIVE_INFINITY;
        this.#wake = null;
        this.send({ kind: 'tick', at: this.now() });
      },
      Math.min(Math.max(0, Math.ceil(wakeAt - this.now())), TIMER_MS_MAX),
    );
    this.#wake.unref();
  }
}

/** The longest delay that timers take; a longer one is re-armed when it fires. */
const TIMER_MS_MAX = 2 ** 31 - 1;
