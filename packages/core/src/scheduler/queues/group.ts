import type { Engine } from '../engines/engine.ts';
import type { Seat } from '../engines/seat.ts';
import type { Entry } from './entry.ts';
import { Lane } from './lane.ts';
import { enginesNamed } from './naming.ts';
import type { Pool } from './pool.ts';
import { ALL_STANDINGS, INTERACTIVE, inTurn, isAmong, STANDING_OF, type Standing, type Standings } from './standing.ts';

/**
 * The waiting tickets of a pool that the same engines can take, so that the head of each lane speaks for the whole lane:
 * a ticket that must wait for one engine never stands before tickets that another engine could run.
 */
export class Group {
  readonly key: string;
  readonly pool: Pool;
  /** Names of the only engines that may take these tickets; null: every engine of the pool. */
  readonly pins: ReadonlySet<string> | null;
  /** Engines with less KV than this are too small for these tickets. */
  readonly kvFloor: number;
  /** Each of its tickets was bounced before: lanes take only so many of those. */
  readonly retries: boolean;
  readonly lanes: readonly Lane[] = inTurn(false).map(() => new Lane());
  /** Evictions under way that were decided for tickets of this group. */
  reliefs = 0;
  /** The generation of the pool's engines that `#ranks` and what follows from it were found for. */
  #generation = -1;
  #ranks: readonly (readonly Engine[])[] = [];
  #engines: readonly Engine[] = [];
  #seats: readonly (readonly Seat[])[] = [];
  #weighted = false;
  #relievable: Standings = 0;

  constructor(key: string, pool: Pool, pins: ReadonlySet<string> | null, kvFloor: number, retries: boolean) {
    this.key = key;
    this.retries = retries;
    this.pool = pool;
    this.pins = pins;
    this.kvFloor = kvFloor;
  }

  get size(): number {
    let size = 0;
    for (const lane of this.lanes) size += lane.size;
    return size;
  }

  /** How many wait to whom evictions are of use: interactive ones that some engine with evictable work would take. */
  get relievableSize(): number {
    const { relievable } = this;
    const priority = isAmong(STANDING_OF.priority, relievable) ? this.lane(STANDING_OF.priority).size : 0;
    return priority + (isAmong(STANDING_OF.standard, relievable) ? this.lane(STANDING_OF.standard).size : 0);
  }

  lane(standing: Standing): Lane {
    return this.lanes[standing]!;
  }

  /** The next of those with one of these standings. */
  head(batchIsDue = false, among: Standings = ALL_STANDINGS): Entry | undefined {
    for (const standing of inTurn(batchIsDue)) {
      if (isAmong(standing, among)) {
        const lane = this.lane(standing);
        if (lane.size > 0) {
          return lane.head();
        }
      }
    }
    return undefined;
  }

  servedBy(engine: Engine): boolean {
    return (this.pins === null || this.pins.has(engine.name)) && engine.capacity.kvTokensLimit >= this.kvFloor;
  }

  /** The engines that may take these tickets, as far as they take their tiers: by rank, the lowest first, and then as they came. */
  get ranks(): readonly (readonly Engine[])[] {
    this.#refresh();
    return this.#ranks;
  }

  /** The seats of these in the pool, where some share by weight. */
  get seats(): readonly (readonly Seat[])[] {
    this.#refresh();
    return this.#seats;
  }

  /** All of these, in that order. */
  get engines(): readonly Engine[] {
    this.#refresh();
    return this.#engines;
  }

  /** Some of its engines share starts by weight. */
  get weighted(): boolean {
    this.#refresh();
    return this.#weighted;
  }

  /** It makes no difference by rank or weight which of its engines takes a ticket. */
  get isPlain(): boolean {
    this.#refresh();
    return this.#ranks.length <= 1 && !this.#weighted;
  }

  /** The interactive standings that some engine takes whose work may have to give way. */
  get relievable(): Standings {
    this.#refresh();
    return this.#relievable;
  }

  #refresh(): void {
    const { pool } = this;
    if (this.#generation === pool.generation) {
      return;
    }
    this.#generation = pool.generation;
    this.#weighted = false;
    this.#relievable = 0;
    const byRank = new Map<number, Engine[]>();
    for (const engine of this.pins === null ? pool.engines.values() : enginesNamed(this.pins, pool.engines)) {
      if (!this.servedBy(engine)) {
        continue;
      }
      const { rank, weight } = engine.seatIn(pool);
      const peers = byRank.get(rank);
      if (peers === undefined) byRank.set(rank, [engine]);
      else peers.push(engine);
      this.#weighted ||= weight !== null;
      this.#relievable |= engine.provider ? 0 : engine.standings;
    }
    this.#relievable &= INTERACTIVE;
    this.#ranks = [...byRank].sort(([a], [b]) => a - b).map(([, engines]) => engines);
    this.#engines = this.#ranks.flat();
    this.#seats = this.#weighted ? this.#ranks.map((peers) => peers.map((engine) => engine.seatIn(pool))) : [];
  }
}
