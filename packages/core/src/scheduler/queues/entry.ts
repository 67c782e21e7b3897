import { isEvictable, type Tier } from '../../tiers/tier.ts';
import type { LimitDenial } from '../../limits/verdict.ts';
import type { Link } from '../../structures/chain.ts';
import type { RefusalReason } from '../decisions.ts';
import type { Continuation, Rung, TicketSpec } from '../ticket.ts';
import type { Run } from '../engines/run.ts';
import type { Account } from './fair-shares.ts';
import type { Flow } from './lane.ts';
import type { Group } from './group.ts';
import type { Pool } from './pool.ts';
import { STANDING_OF, URGENT, type Standing } from './standing.ts';

/**
 * A ticket inside the scheduler. It is in exactly one state:
 * - `arriving`: known, on no queue and no engine. Entered at submit, between two rungs, and between two runs; never left standing
 *   when `handle` returns.
 * - `queued`: waits in a lane (`group`, `flow` set) until it starts, its patience ends, or it is cancelled.
 * - `running`: holds a slot (`run` set) until it finishes, stops, or is cancelled.
 * - `stopping`: as `running`, but told to give up its slot. `stopped` re-queues it; `finish` may still win the race.
 * - `gone`: it ended; nothing refers to it any more.
 */
export type EntryState = 'arriving' | 'queued' | 'running' | 'stopping' | 'gone';

/** What kept a ticket from running, while it may still run on another rung. */
export interface Obstacle {
  readonly reason: RefusalReason;
  readonly retryAfterMs: number;
  readonly limit?: LimitDenial;
}

export interface Laxity {
  /** Since when it is batch. */
  readonly since: number;
  /** It must start by then to be done by its deadline, as far as can be predicted. */
  readonly latestStartAt: number;
  /** If it still waits then, it turns urgent. */
  urgentAt: number;
}

export class Entry implements Link<Entry> {
  readonly spec: TicketSpec;
  readonly pool: Pool;
  /** Order of arrival, the last tie-break everywhere. */
  readonly seq: number;
  /** What it reserves of limits and KV. A resumed run needs no more: the tokens that it has were part of the maximum. */
  readonly tokensMax: number;
  state: EntryState = 'arriving';
  #rungIndex = 0;
  /** Of its rung, kept here because nearly everything asks for them. */
  rung: Rung;
  tier: Tier;
  interactive: boolean;
  standing: Standing;
  /** The tier under which limits hold a reservation for it. */
  reservedAt: Tier | null = null;
  obstacle: Obstacle | null = null;

  group: Group | null = null;
  flow: Flow | null = null;
  /** The account of its tier; set once it queued there, and kept while it runs. */
  account: Account | null = null;
  queuedSince: number;
  /** Of the last wait, and of one that goes on after a bounce. */
  patienceEndsAt: number = Infinity;
  /** How long it can wait, of batch alone; set while it is at that tier. */
  laxity: Laxity | null = null;
  run: Run | null = null;
  /** The only engines that may serve it; null: any. */
  engines: readonly string[] | null;
  /** It goes on where it was interrupted, whose cache has what it read so far, unless it waits for that until then; null: anywhere. */
  #returnsUntil: number | null = null;

  /** Over all runs. */
  outputTokens = 0;
  continuation: Continuation;
  committed = false;
  runs = 0;
  evictions = 0;
  lostRuns = 0;
  bounces = 0;
  /** Token cost that its account was charged so far. */
  charged = 0;

  /** When something about its wait changes by itself (queued) or when an eviction is overdue (stopping). */
  timerAt: number = Infinity;
  timerSlot = -1;
  queueSlot = -1;
  newer: Entry | null = null;
  older: Entry | null = null;
  chained = false;

  constructor(spec: TicketSpec, pool: Pool, seq: number, at: number) {
    this.spec = spec;
    const rung = spec.ladder[0]!;
    this.rung = rung;
    this.tier = rung.tier;
    this.interactive = !isEvictable(rung.tier);
    this.standing = STANDING_OF[rung.tier];
    this.pool = pool;
    this.seq = seq;
    this.tokensMax = spec.inputTokens + spec.outputTokensMax;
    this.queuedSince = at;
    this.continuation = spec.continuation;
    this.engines = spec.engines ?? null;
  }

  get isOnLastRung(): boolean {
    return this.#rungIndex === this.spec.ladder.length - 1;
  }

  /** To the next rung of its ladder. */
  climb(): void {
    this.#rungIndex += 1;
    this.rung = this.spec.ladder[this.#rungIndex]!;
    this.tier = this.rung.tier;
    this.interactive = !isEvictable(this.tier);
    this.standing = STANDING_OF[this.tier];
    this.laxity = null;
  }

  /** Inside a project the lowest is next: the deadline, and for batch the latest start that makes it. */
  get orderAt(): number {
    return this.laxity === null ? this.spec.deadlineAt : this.laxity.latestStartAt;
  }

  /** Batch that can wait no longer is; kept while it runs. */
  get urgent(): boolean {
    return this.standing === URGENT;
  }

  set urgent(urgent: boolean) {
    this.standing = urgent ? URGENT : STANDING_OF[this.tier];
  }

  /** When its wait ends or changes without any event. */
  get waitChangesAt(): number {
    const urgentAt = this.laxity === null || this.urgent ? Infinity : this.laxity.urgentAt;
    return Math.min(this.patienceEndsAt, urgentAt, this.tieEndsAt);
  }

  /** It waits, and is the next of its lane. */
  get isFirst(): boolean {
    return this.flow?.lane.head() === this;
  }

  /** The engine's cache has what it read so far. */
  tieTo(engine: string): void {
    if (this.engines === null) {
      this.engines = [engine];
      this.#returnsUntil = Infinity;
    }
  }

  /** It waits again, and so long for the engine that it is tied to, if it is. */
  waitsForTie(until: number): void {
    if (this.#returnsUntil !== null) {
      this.#returnsUntil = until;
    }
  }

  get tieEndsAt(): number {
    return this.#returnsUntil ?? Infinity;
  }

  returned(): void {
    if (this.#returnsUntil !== null) {
      this.#free();
    }
  }

  /** It is held to some engines for the sake of their caches alone. */
  get isTied(): boolean {
    return this.engines !== null && (this.spec.enginesForCache === true || this.#returnsUntil !== null);
  }

  /** One of its engines is lost: what held it there for the sake of a cache holds it no more. True when that sets it free. */
  untie(): boolean {
    if (!this.isTied) {
      return false;
    }
    this.#free();
    return true;
  }

  #free(): void {
    this.engines = null;
    this.#returnsUntil = null;
  }

  /** How long it may wait on its rung if it begins now: never longer than its client stays, or than a batch has time. */
  patienceMs(now: number): number {
    return this.#unlessGone(this.rung.patienceMs, now);
  }

  /** The same for a ticket that ran already, which gets at least `patienceMsMin`. */
  resumePatienceMs(patienceMsMin: number, now: number): number {
    return this.#unlessGone(Math.max(this.rung.patienceMs, patienceMsMin), now);
  }

  #unlessGone(patienceMs: number, now: number): number {
    const { leavesAt = Infinity, deadlineAt } = this.spec;
    return Math.min(patienceMs, leavesAt - now, this.tier === 'batch' ? deadlineAt - now : Infinity);
  }

  /** Output tokens that its next run goes on from; where it cannot go on they were in vain. */
  get tokensKept(): number {
    return this.continuation === 'continue' ? this.outputTokens : 0;
  }

  /** What its next run must read: the prompt, and what it has already written. */
  get promptTokens(): number {
    return this.spec.inputTokens + this.tokensKept;
  }

  /** Nothing is told of it between the start and the end of its run. */
  get silent(): boolean {
    const { silent } = this.spec;
    return silent === true || (silent === 'interactive' && this.interactive);
  }

  /** Whether losing its slot now would only cost work, not the answer. */
  get mayRunAgain(): boolean {
    return this.continuation === 'continue' || (this.continuation === 'restart' && !this.committed);
  }
}

/**
 * Inside a project and a standing: tickets that ran before first, then the earliest deadline. Batch goes by its latest start alone:
 * what a ticket has already done leaves it more time.
 */
export function entryBefore(a: Entry, b: Entry): boolean {
  const aResumes = a.runs > 0;
  if (aResumes !== b.runs > 0 && a.tier !== 'batch') {
    return aResumes;
  }
  return a.orderAt < b.orderAt || (a.orderAt === b.orderAt && a.seq < b.seq);
}
