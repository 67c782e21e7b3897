import { Chain } from '../../structures/chain.ts';
import { rankOf, TIERS, type Tier } from '../../tiers/tier.ts';
import type { CapacityModel, EngineLoad } from '../../capacity/capacity-model.ts';
import { IndexedHeap } from '../../structures/indexed-heap.ts';
import type { EvictionOrder } from '../policy/policy.ts';
import type { Entry } from '../queues/entry.ts';
import type { Pool } from '../queues/pool.ts';
import type { Run } from './run.ts';

/**
 * One engine: what it holds, and what it would hold without the tickets that can give way.
 * - `up`: takes starts, unless paused after a bounce or a loss;
 * - down (`up` false): takes none, and what runs there goes on;
 * - `removed`: as down, and forgotten when its last ticket left.
 */
export class Engine {
  readonly name: string;
  capacity: CapacityModel;
  up = false;
  removed = false;
  pausedUntil: number = -Infinity;
  pools: readonly Pool[] = [];
  readonly runs: Chain<Run> = new Chain();
  /** Running tickets that may be evicted, the first to go on top. */
  readonly victims: IndexedHeap<'victimSlot', Run>;
  /** Evictions that are under way and expected soon. */
  stopping = 0;
  /** Evictions that did not come in time. While there are any, this engine is not asked for more. */
  overdue = 0;
  /** Place in the heap of engine timers, and when it is due. */
  timerSlot = -1;
  timerAt: number = Infinity;
  readonly #runningByTier: number[] = TIERS.map(() => 0);
  readonly #turns = new Map<Pool, number>();
  #held = { slots: 0, kvTokens: 0 };
  #leaving = { slots: 0, kvTokens: 0 };
  #evictable = { slots: 0, kvTokens: 0 };

  constructor(name: string, capacity: CapacityModel, order: EvictionOrder) {
    this.name = name;
    this.capacity = capacity;
    this.victims = new IndexedHeap('victimSlot', order);
  }

  get load(): EngineLoad {
    return this.#held;
  }

  get runningByTier(): readonly number[] {
    return this.#runningByTier;
  }

  available(at: number): boolean {
    return this.up && at >= this.pausedUntil;
  }

  admits(entry: Entry): boolean {
    return this.capacity.admits(entry.tier, entry.tokensMax, this.#held);
  }

  /** Once the evictions under way are through. */
  admitsSoon(entry: Entry): boolean {
    return this.capacity.admits(entry.tier, entry.tokensMax, minus(this.#held, this.#leaving));
  }

  /** If everything that may give way did. */
  couldAdmit(entry: Entry): boolean {
    const rest = minus(minus(this.#held, this.#leaving), this.#evictable);
    return this.capacity.admits(entry.tier, entry.tokensMax, rest);
  }

  /** The pool that was served longest ago is next among pools whose heads are of one tier. */
  turnOf(pool: Pool): number {
    return this.#turns.get(pool) ?? 0;
  }

  serve(pools: readonly Pool[]): void {
    this.pools = pools;
    for (const pool of this.#turns.keys()) {
      if (!pools.includes(pool)) {
        this.#turns.delete(pool);
      }
    }
  }

  take(run: Run, turn: number): void {
    this.runs.add(run);
    this.#runningByTier[rankOf(run.entry.tier)]! += 1;
    this.#turns.set(run.entry.pool, turn);
    shift(this.#held, run, 1);
  }

  release(run: Run): void {
    this.setVictim(run, false);
    this.runs.remove(run);
    this.#runningByTier[rankOf(run.entry.tier)]! -= 1;
    shift(this.#held, run, -1);
  }

  runningOf(tier: Tier): number {
    return this.#runningByTier[rankOf(tier)]!;
  }

  setVictim(run: Run, possible: boolean): void {
    const was = this.victims.has(run);
    if (possible) {
      this.victims.place(run);
    } else {
      this.victims.remove(run);
    }
    if (was !== possible) {
      shift(this.#evictable, run, possible ? 1 : -1);
    }
  }

  evictionBegan(run: Run): void {
    this.setVictim(run, false);
    this.stopping += 1;
    shift(this.#leaving, run, 1);
  }

  /** The eviction is through, lost the race to the answer's end, or is no longer expected. */
  evictionEnded(run: Run): void {
    this.stopping -= 1;
    shift(this.#leaving, run, -1);
  }
}

function minus(a: EngineLoad, b: EngineLoad): EngineLoad {
  return { slots: a.slots - b.slots, kvTokens: a.kvTokens - b.kvTokens };
}

function shift(load: { slots: number; kvTokens: number }, run: Run, by: 1 | -1): void {
  load.slots += by;
  load.kvTokens += by * run.entry.tokensMax;
}
