import { TicketMap } from '../structures/ticket-map.ts';
import { rankOf, TIERS, type Tier } from '../tiers/tier.ts';
import type { Gate } from '../limits/verdict.ts';
import { Chain } from '../structures/chain.ts';
import { IndexedHeap } from '../structures/indexed-heap.ts';
import type { Decision } from './decisions.ts';
import type { Engine } from './engines/engine.ts';
import type { Policy } from './policy/policy.ts';
import type { Entry } from './queues/entry.ts';
import { Pool } from './queues/pool.ts';
import type { SchedulerLimits } from './scheduler-limits.ts';

/** Everything that the scheduler knows, and the bookkeeping that keeps its parts in step. It decides nothing. */
export class Roster {
  readonly gate: Gate;
  readonly limits: SchedulerLimits;
  readonly policy: Policy;
  readonly entries: TicketMap<Entry> = new TicketMap();
  readonly pools: Map<string, Pool> = new Map();
  readonly engines: Map<string, Engine> = new Map();
  readonly timers: IndexedHeap<'timerSlot', Entry> = new IndexedHeap<'timerSlot', Entry>('timerSlot', timerBefore);
  readonly engineTimers: IndexedHeap<'timerSlot', Engine> = new IndexedHeap<'timerSlot', Engine>(
    'timerSlot',
    timerBefore,
  );
  /** Tickets that wait for their first start, by tier: those that a higher tier may displace. */
  readonly #unstarted = TIERS.map(() => ({ chain: new Chain<Entry>(), bytes: 0 }));
  #queuedTickets = 0;
  #queuedInteractive = 0;
  #queuedBytes = 0;

  /** Pools whose order changed, or that lost a waiting ticket: what stood behind it may fit somewhere. */
  readonly loosened: Set<Pool> = new Set();
  /** Engines that may have begun to take nothing for a while: who waits for them may wait in vain. */
  readonly closed: Set<Engine> = new Set();
  /** What the event at hand led to, in order. */
  decisions: Decision[] = [];
  /** The latest time that any event told. */
  now: number = -Infinity;
  /** Evictions that the event at hand may still decide. */
  evictionsLeft = 0;

  constructor(gate: Gate, limits: SchedulerLimits, policy: Policy) {
    this.gate = gate;
    this.limits = limits;
    this.policy = policy;
  }

  get queuedTickets(): number {
    return this.#queuedTickets;
  }

  get queuedInteractive(): number {
    return this.#queuedInteractive;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  pool(model: string): Pool {
    let pool = this.pools.get(model);
    if (pool === undefined) {
      pool = new Pool(model, this.limits);
      this.pools.set(model, pool);
    }
    return pool;
  }

  dropPoolIfUnused(pool: Pool): void {
    if (pool.tickets === 0 && pool.engines.size === 0) {
      this.pools.delete(pool.model);
    }
  }

  queue(entry: Entry): void {
    entry.state = 'queued';
    entry.pool.add(entry);
    this.setTimer(entry, entry.waitChangesAt);
    this.#queuedTickets += 1;
    this.#queuedInteractive += entry.interactive ? 1 : 0;
    this.#queuedBytes += entry.spec.bytes;
    if (entry.runs === 0) {
      const unstarted = this.#unstarted[rankOf(entry.tier)]!;
      unstarted.chain.add(entry);
      unstarted.bytes += entry.spec.bytes;
    }
  }

  /** `isNew`: it came a moment ago, so that nothing was decided about the others because of it. */
  unqueue(entry: Entry, isNew: boolean): void {
    if (!isNew && entry.isFirst) {
      this.loosen(entry.pool);
      entry.pool.headLeft(entry.group!);
    }
    entry.pool.remove(entry);
    this.clearTimer(entry);
    this.#queuedTickets -= 1;
    this.#queuedInteractive -= entry.interactive ? 1 : 0;
    this.#queuedBytes -= entry.spec.bytes;
    const unstarted = this.#unstarted[rankOf(entry.tier)]!;
    if (unstarted.chain.remove(entry)) {
      unstarted.bytes -= entry.spec.bytes;
    }
    entry.state = 'arriving';
    entry.pool.shares(entry.tier).ended(entry.account!);
  }

  /** More waits than may. Tickets that ran before are let in regardless, so this can last. */
  get overfull(): boolean {
    return this.#queuedTickets > this.limits.queueTicketsMax || this.#queuedBytes > this.limits.queueBytesMax;
  }

  /** Whether displacing lower tiers alone would end the overfull state. */
  canDisplaceBelow(tier: Tier): boolean {
    let tickets = this.#queuedTickets - this.limits.queueTicketsMax;
    let bytes = this.#queuedBytes - this.limits.queueBytesMax;
    for (const { chain, bytes: held } of this.#unstarted.slice(rankOf(tier) + 1)) {
      tickets -= chain.size;
      bytes -= held;
    }
    return tickets <= 0 && bytes <= 0;
  }

  /** The newest of the lowest tier that has any, among those below `tier`. */
  nextDisplaced(tier: Tier): Entry | null {
    for (let rank = TIERS.length - 1; rank > rankOf(tier); rank -= 1) {
      const { newest } = this.#unstarted[rank]!.chain;
      if (newest !== null) {
        return newest;
      }
    }
    return null;
  }

  setTimer(entry: Entry, at: number): void {
    entry.timerAt = at;
    this.timers.place(entry);
  }

  clearTimer(entry: Entry): void {
    entry.timerAt = Infinity;
    this.timers.remove(entry);
  }

  setEngineTimer(engine: Engine): void {
    const pauseEnd = engine.pausedUntil > this.now ? engine.pausedUntil : Infinity;
    // Whoever waits for a prompt of which nothing is told hears of its end from the clock alone.
    const promptEnd = this.#queuedTickets > 0 ? (engine.unseenUntil ?? Infinity) : Infinity;
    const retriesAt = this.#queuedTickets > 0 ? (engine.retries?.opensAt ?? Infinity) : Infinity;
    const retriesOpen = retriesAt > this.now ? retriesAt : Infinity;
    const reviewAt = engine.capacity.reviewAt ?? Infinity;
    engine.timerAt = engine.up ? Math.min(pauseEnd, promptEnd, retriesOpen, reviewAt) : Infinity;
    if (engine.timerAt === Infinity) {
      this.engineTimers.remove(engine);
    } else {
      this.engineTimers.place(engine);
    }
  }

  /** The ticket ended, whatever the way. */
  forget(entry: Entry): void {
    entry.state = 'gone';
    this.entries.delete(entry.spec.id);
    entry.pool.tickets -= 1;
    this.dropPoolIfUnused(entry.pool);
  }

  charge(entry: Entry, cost: number): void {
    const account = entry.account!;
    if (entry.pool.shares(entry.tier).charge(account, cost - entry.charged)) {
      this.loosen(entry.pool);
    }
    entry.charged = cost;
  }

  /** What stands first in the pool may have changed, or what may take it. */
  loosen(pool: Pool): void {
    if (this.#queuedTickets > 0) {
      this.loosened.add(pool);
    }
  }

  /** Limits learn what the reservation really was. */
  settle(entry: Entry, used: number): void {
    if (entry.reservedAt !== null) {
      const { project, model } = entry.spec;
      this.gate.settle(project, model, entry.reservedAt, entry.tokensMax, used, this.now);
      entry.reservedAt = null;
    }
  }

  /** The reservation was for nothing: a ticket that never ran does not count at all. */
  giveBack(entry: Entry): void {
    if (entry.reservedAt !== null && entry.runs === 0) {
      const { project, model } = entry.spec;
      this.gate.release(project, model, entry.reservedAt, entry.tokensMax, this.now);
      entry.reservedAt = null;
    }
    this.settle(entry, 0);
  }
}

function timerBefore(a: { timerAt: number }, b: { timerAt: number }): boolean {
  return a.timerAt < b.timerAt;
}
