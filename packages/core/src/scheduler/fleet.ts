import type { CapacityFactory, CapacityModel } from '../capacity/capacity-model.ts';
import type { Dispatch } from './dispatch.ts';
import { Engine } from './engines/engine.ts';
import { RetryBudget } from './engines/retry-budget.ts';
import type { CapacitySpec, EventOf, Place } from './events.ts';
import type { Evictions } from './evictions.ts';
import type { Pool } from './queues/pool.ts';
import { ALL_STANDINGS, standingsOf } from './queues/standing.ts';
import type { Roster } from './roster.ts';

/** Engines come, change, and go. */
export class Fleet {
  readonly #roster: Roster;
  readonly #dispatch: Dispatch;
  readonly #evictions: Evictions;
  readonly #capacity: CapacityFactory;
  readonly #lanes: CapacityFactory;
  readonly #specs = new WeakMap<Engine, CapacitySpec>();
  #came = 0;

  /** `lanes`: who makes the models of hosted providers' lanes. */
  constructor(
    roster: Roster,
    dispatch: Dispatch,
    evictions: Evictions,
    capacity: CapacityFactory,
    lanes: CapacityFactory,
  ) {
    this.#roster = roster;
    this.#dispatch = dispatch;
    this.#evictions = evictions;
    this.#capacity = capacity;
    this.#lanes = lanes;
  }

  /** Also said again for an engine that is up, to change its models or capacity. What it learned stays unless the latter changed. */
  up({ engine: name, models, capacity: spec, tiers, places = {} }: EventOf<'engine-up'>): void {
    const { engines, policy } = this.#roster;
    let engine = engines.get(name);
    if (engine === undefined) {
      this.#came += 1;
      engine = new Engine(name, this.#came, this.#modelFor(spec), policy.evictionOrder);
      engines.set(name, engine);
    } else if (!sameCapacity(this.#specs.get(engine)!, spec)) {
      engine.capacity = this.#modelFor(spec);
      // What runs there was let in by the model before.
      engine.observe({ kind: 'restarted', at: this.#roster.now });
    }
    this.#specs.set(engine, spec);
    this.#leftAlone(engine);
    engine.retries = spec.provider === true ? (engine.retries ?? new RetryBudget(this.#roster.limits)) : null;
    engine.standings = tiers === undefined ? ALL_STANDINGS : standingsOf(tiers);
    this.#setModels(engine, models, places);
    if (!engine.up) {
      engine.observe({ kind: 'restarted', at: this.#roster.now });
    }
    engine.removed = false;
    if (!engine.up || !engine.provider) {
      // That a lane serves one more model says nothing about what its provider said.
      engine.pausedUntil = -Infinity;
    }
    engine.up = true;
    // It may have been said again because the settings of its model changed.
    engine.changed();
    this.#dispatch.fill(engine);
  }

  down(engine: Engine): void {
    engine.up = false;
    this.#roster.setEngineTimer(engine);
    this.#leftAlone(engine);
    // Slots that come free here now help nobody.
    for (const run of engine.runs) {
      if (run.leaving) {
        this.#evictions.giveUp(run.entry);
      }
    }
    // It may have stopped serving a model that tickets still wait for there.
    for (const pool of this.#roster.pools.values()) {
      this.#leaves(engine, pool);
    }
  }

  /** Whoever waits for the engines beside this one may wait for nothing else now. */
  #leftAlone(engine: Engine): void {
    for (const pool of this.#roster.queuedTickets > 0 ? engine.pools : []) {
      for (const other of pool.engines.values()) this.#roster.closed.add(other);
    }
  }

  /** Tickets that would wait for the engine for the sake of its cache go elsewhere. */
  #leaves(engine: Engine, pool: Pool): void {
    for (const run of engine.runs) {
      if (run.entry.pool === pool) {
        run.entry.untie();
      }
    }
    if (pool.engineWent(engine)) {
      this.#roster.loosen(pool);
    }
  }

  remove(engine: Engine): void {
    this.down(engine);
    engine.removed = true;
    this.#setModels(engine, [], {});
    if (engine.runs.size === 0) {
      this.#roster.engines.delete(engine.name);
    }
  }

  /** No starts there for a while: it just showed that it cannot take them. `told`: by itself. */
  pause(engine: Engine, ms: number, told: boolean): void {
    const { limits, now } = this.#roster;
    engine.pausedUntil = Math.max(engine.pausedUntil, now + Math.min(ms, limits.pauseMsMax));
    if (told) {
      engine.observe({ kind: 'paused', at: now });
    }
    this.#roster.closed.add(engine);
    this.#roster.setEngineTimer(engine);
  }

  #modelFor(spec: CapacitySpec): CapacityModel {
    return spec.provider === true ? this.#lanes(spec) : this.#capacity(spec);
  }

  #setModels(engine: Engine, models: readonly string[], places: Readonly<Record<string, Place>>): void {
    const before = engine.pools;
    engine.serve(
      [...new Set(models)].map((model) => this.#roster.pool(model)),
      places,
    );
    for (const pool of before) {
      if (!engine.pools.includes(pool)) {
        pool.engineGone(engine);
        this.#leaves(engine, pool);
        this.#roster.dropPoolIfUnused(pool);
      }
    }
    for (const pool of engine.pools) {
      pool.engineCame(engine);
    }
  }
}

function sameCapacity(a: CapacitySpec, b: CapacitySpec): boolean {
  return a.slots === b.slots && a.kvTokens === b.kvTokens && a.provider === b.provider;
}
