import type { Engine } from '../engines/engine.ts';
import type { Entry } from './entry.ts';
import { Lane } from './lane.ts';
import type { Pool } from './pool.ts';
import { inTurn, STANDING_OF, type Standing } from './standing.ts';

/**
 * The waiting tickets of a pool that the same engines can take, so that the head of each lane speaks for the whole lane:
 * a ticket that must wait for one engine never stands before tickets that another engine could run.
 */
export class Group {
  readonly pool: Pool;
  /** Names of the only engines that may take these tickets; null: every engine of the pool. */
  readonly pins: ReadonlySet<string> | null;
  /** Engines with less KV than this are too small for these tickets. */
  readonly kvFloor: number;
  readonly lanes: readonly Lane[] = inTurn(false).map(() => new Lane());
  /** Evictions under way that were decided for tickets of this group. */
  reliefs = 0;

  constructor(pool: Pool, pins: ReadonlySet<string> | null, kvFloor: number) {
    this.pool = pool;
    this.pins = pins;
    this.kvFloor = kvFloor;
  }

  get size(): number {
    return this.lanes.reduce((sum, lane) => sum + lane.size, 0);
  }

  get interactiveSize(): number {
    return this.lane(STANDING_OF.priority).size + this.lane(STANDING_OF.standard).size;
  }

  lane(standing: Standing): Lane {
    return this.lanes[standing]!;
  }

  head(batchIsDue = false): Entry | undefined {
    for (const standing of inTurn(batchIsDue)) {
      const lane = this.lane(standing);
      if (lane.size > 0) {
        return lane.head();
      }
    }
    return undefined;
  }

  servedBy(engine: Engine): boolean {
    return (this.pins === null || this.pins.has(engine.name)) && engine.capacity.kvTokensLimit >= this.kvFloor;
  }
}
