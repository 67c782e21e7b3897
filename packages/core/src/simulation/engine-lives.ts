import type { CapacitySpec, SchedulerEvent } from '../scheduler/events.ts';
import type { Mirror, MirrorEngine, MirrorTicket } from './mirror.ts';
import { MirrorLane } from './mirror-lane.ts';
import type { Random } from './random.ts';
import type { EnginePlan, Scenario } from './scenario.ts';

const ENGINE_AWAY_MS_MAX = 8_000;
/** After the last arrival engines are asked for their metrics for so long. */
const QUIET_MS = 20_000;

/** Engines come, tell of themselves, go and come back. */
export class EngineLives {
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #mirror: Mirror;
  readonly #plan: (at: number, tell: () => SchedulerEvent | null) => void;
  readonly #loses: (ticket: MirrorTicket, at: number) => void;
  /** Nothing that repeats is planned after it. */
  readonly #endAt: number;

  constructor(
    random: Random,
    scenario: Scenario,
    mirror: Mirror,
    plan: (at: number, tell: () => SchedulerEvent | null) => void,
    loses: (ticket: MirrorTicket, at: number) => void,
  ) {
    this.#random = random;
    this.#scenario = scenario;
    this.#mirror = mirror;
    this.#plan = plan;
    this.#loses = loses;
    this.#endAt = (scenario.arrivals.at(-1)?.at ?? 0) + QUIET_MS;
  }

  /** One engine's whole life. */
  begin(plan: EnginePlan): void {
    const upAt = this.#random.chance(0.8) ? 0 : this.#random.int(1, 5_000);
    this.#planUp(plan, upAt);
    if (this.#scenario.shadow === null) {
      const at = upAt + this.#random.int(1, 10_000);
      const waiting = this.#random.int(0, 3);
      this.#plan(at, () => ({ kind: 'engine-stats', at, engine: plan.name, waiting }));
    } else if (plan.statsEveryMs !== null) {
      this.#planStats(plan, plan.statsEveryMs, upAt);
    }
    if (this.#random.chance(this.#scenario.faults.engineLoss)) {
      const downAt = upAt + this.#random.int(1, 10_000);
      this.#planDown(plan, downAt);
      const backAt = downAt + this.#random.int(1, ENGINE_AWAY_MS_MAX);
      // It may come back smaller, larger, or with another choice of models.
      const kvTokens = this.#random.int(200, 3_000);
      const capacity = this.#random.chance(0.5) ? plan.capacity : { ...plan.capacity, kvTokens };
      const models = this.#random.chance(0.7) ? plan.models : [this.#random.pick(this.#scenario.models)];
      this.#planUp({ ...plan, models, capacity }, backAt);
    } else if (plan.capacity.provider === true && this.#random.chance(0.5)) {
      // It is asked for under one more name.
      this.#planUp({ ...plan, models: this.#scenario.models }, upAt + this.#random.int(1, 10_000));
    }
  }

  /** Readings as they come: roughly right, nonsense now and then, and none at all for a while. */
  #planStats(plan: EnginePlan, everyMs: number, since: number): void {
    const at = since + everyMs * (this.#random.chance(0.1) ? this.#random.int(2, 20) : 1);
    if (at > this.#endAt) {
      return;
    }
    this.#plan(at, () => {
      this.#planStats(plan, everyMs, at);
      const engine = this.#mirror.engines.get(plan.name);
      if (engine === undefined) {
        return null;
      }
      engine.statsAt = at;
      const { kvTokens = Infinity } = engine.capacity;
      let held = 0;
      for (const { spec, outputTokens } of engine.tickets) held += spec.inputTokens + outputTokens;
      const kvUsage = this.#random.chance(0.05)
        ? this.#random.pick([0, 1])
        : (held / kvTokens) * this.#random.unit() * 2;
      const waiting = this.#random.chance(0.2) ? this.#random.int(1, 3) : 0;
      return { kind: 'engine-stats', at, engine: plan.name, waiting, running: engine.tickets.size, kvUsage };
    });
  }

  #planUp({ name, models, capacity, tiers, places }: EnginePlan, at: number): void {
    this.#plan(at, () => {
      const known = this.#mirror.engines.get(name);
      const tickets = known?.tickets ?? new Set<MirrorTicket>();
      if (known !== undefined) {
        this.#mirror.untiedFrom(name, models);
      }
      this.#mirror.engines.set(name, {
        name,
        up: true,
        removed: false,
        models,
        capacity,
        tiers,
        places,
        lane: capacity.provider === true ? this.#laneOf(known, capacity, at) : null,
        pausedUntil: known?.up === true && known.lane !== null ? known.pausedUntil : -Infinity,
        statsAt: null,
        watched: known?.watched ?? null,
        // The scheduler forgets an engine that was removed and is empty.
        flexSinceBatch: tickets.size > 0 ? known!.flexSinceBatch : 0,
        model: known?.model ?? null,
        load: known?.load ?? null,
        tickets,
      });
      return { kind: 'engine-up', at, engine: name, models, capacity, ...(tiers === null ? {} : { tiers }), places };
    });
  }

  /** What the scheduler keeps of it, if it knows it. */
  #laneOf(known: MirrorEngine | undefined, capacity: CapacitySpec, at: number): MirrorLane {
    if (known === undefined || known.lane === null || (known.removed && known.tickets.size === 0)) {
      return new MirrorLane(at);
    }
    const isOther = known.capacity.slots !== capacity.slots || known.capacity.kvTokens !== capacity.kvTokens;
    if (isOther || !known.up) {
      known.lane.restarted(isOther);
    }
    return known.lane;
  }

  #planDown({ name }: EnginePlan, at: number): void {
    const removed = this.#random.chance(0.3);
    const takesWorkAlong = this.#random.chance(0.7);
    this.#plan(at, () => {
      const engine = this.#mirror.engines.get(name)!;
      engine.up = false;
      engine.removed = removed;
      if (removed) {
        engine.models = [];
      }
      this.#mirror.untiedFrom(name, []);
      for (const ticket of takesWorkAlong ? engine.tickets : []) {
        this.#loses(ticket, at + this.#random.int(0, 100));
      }
      return { kind: removed ? 'engine-removed' : 'engine-down', at, engine: name };
    });
  }
}
