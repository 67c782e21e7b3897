import { TIERS, rankOf, type Tier } from '../../tiers/tier.ts';
import type { Engine } from '../engines/engine.ts';
import type { Entry } from './entry.ts';
import { Lane } from './lane.ts';
import type { Pool } from './pool.ts';

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
  readonly lanes: readonly Lane[] = TIERS.map(() => new Lane());
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
    return this.lane('priority').size + this.lane('standard').size;
  }

  lane(tier: Tier): Lane {
    return this.lanes[rankOf(tier)]!;
  }

  head(): Entry | undefined {
    for (const lane of this.lanes) {
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
