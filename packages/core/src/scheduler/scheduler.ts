import type { CapacityFactory } from '../capacity/capacity-model.ts';
import { countedSlots } from '../capacity/default-capacity.ts';
import { ProviderCapacity } from '../capacity/provider/provider-capacity.ts';
import type { Gate } from '../limits/verdict.ts';
import { TIERS, type Tier } from '../tiers/tier.ts';
import { Admission } from './admission.ts';
import type { Decision } from './decisions.ts';
import { Dispatch } from './dispatch.ts';
import type { EventOf, SchedulerEvent } from './events.ts';
import { Evictions } from './evictions.ts';
import { Fleet } from './fleet.ts';
import { Following } from './following.ts';
import { positionOf, predictWait } from './forecast/wait.ts';
import { DEFAULT_POLICY, type Policy } from './policy/policy.ts';
import { Entry } from './queues/entry.ts';
import { Roster } from './roster.ts';
import { Runs } from './runs.ts';
import { DEFAULT_SCHEDULER_LIMITS, type SchedulerLimits } from './scheduler-limits.ts';
import type { TicketSpec } from './ticket.ts';
import type { EngineView, Estimate, QueueDepth, ServedView } from './views.ts';

export interface SchedulerOptions {
  readonly gate: Gate;
  readonly limits?: Partial<SchedulerLimits>;
  /** Makes the models of the operator's own engines. */
  readonly capacity?: CapacityFactory;
  /** Makes those of hosted providers' lanes. */
  readonly lanes?: CapacityFactory;
  readonly policy?: Partial<Policy>;
}

/**
 * Who runs, where, and who gives way. A pure state machine: the driver tells it what happened and when, and does what it
 * decides. The states of a ticket are told in `queues/entry.ts`. Events about tickets and engines that are gone are ignored:
 * they are late, not wrong.
 */
export class Scheduler {
  readonly #roster: Roster;
  readonly #evictions: Evictions;
  readonly #dispatch: Dispatch;
  readonly #admission: Admission;
  readonly #fleet: Fleet;
  readonly #runs: Runs;
  #seq = 0;

  constructor(options: SchedulerOptions) {
    const limits = { ...DEFAULT_SCHEDULER_LIMITS, ...options.limits };
    this.#roster = new Roster(options.gate, limits, { ...DEFAULT_POLICY, ...options.policy });
    const following = new Following(this.#roster);
    this.#evictions = new Evictions(this.#roster, following);
    this.#dispatch = new Dispatch(this.#roster, this.#evictions);
    this.#admission = new Admission(this.#roster, this.#dispatch, this.#evictions);
    const { capacity = countedSlots, lanes = (spec) => new ProviderCapacity(spec) } = options;
    this.#fleet = new Fleet(this.#roster, this.#dispatch, this.#evictions, capacity, lanes);
    this.#runs = new Runs(this.#roster, this.#dispatch, this.#evictions, following, this.#admission, this.#fleet);
  }

  handle(event: SchedulerEvent): Decision[] {
    const roster = this.#roster;
    roster.now = Math.max(roster.now, event.at);
    roster.evictionsLeft = roster.limits.evictionsPerDecisionMax;
    this.#apply(event);
    this.#settle();
    this.#runTimers();
    this.#settle();
    const { decisions } = roster;
    roster.decisions = [];
    return decisions;
  }

  /** In each further round a ticket fewer waits where it waited, so this ends. */
  #settle(): void {
    do {
      this.#dispatch.settle();
    } while (this.#admission.reviewClosed() || this.#roster.loosened.size > 0);
  }

  /** When the driver must send a `tick` at the latest; null: never, as things stand. */
  wakeAt(): number | null {
    if (this.#evictions.mustContinue) {
      return this.#roster.now;
    }
    const ticketAt = this.#roster.timers.peek()?.timerAt ?? Infinity;
    const engineAt = this.#roster.engineTimers.peek()?.timerAt ?? Infinity;
    const at = Math.min(ticketAt, engineAt);
    return at === Infinity ? null : at;
  }

  #apply(event: SchedulerEvent): void {
    switch (event.kind) {
      case 'submit':
        this.#submit(event.ticket);
        return;
      case 'engine-up':
        this.#fleet.up(event);
        return;
      case 'engine-down':
      case 'engine-removed':
      case 'engine-stats':
      case 'engine-limits':
        this.#applyToEngine(event);
        return;
      case 'tick':
        return;
      default:
        this.#applyToTicket(event);
    }
  }

  #applyToEngine(event: EventOf<'engine-down' | 'engine-removed' | 'engine-stats' | 'engine-limits'>): void {
    const engine = this.#roster.engines.get(event.engine);
    if (engine === undefined) {
      return;
    }
    switch (event.kind) {
      case 'engine-down':
        this.#fleet.down(engine);
        return;
      case 'engine-removed':
        this.#fleet.remove(engine);
        return;
      case 'engine-stats':
        engine.settleSilent(this.#roster.now);
        engine.observe({ ...event, kind: 'stats', at: this.#roster.now });
        this.#evictions.ease(engine);
        this.#dispatch.fill(engine);
        return;
      case 'engine-limits':
        engine.observe({ ...event, kind: 'limits', at: this.#roster.now });
        this.#roster.closed.add(engine);
        this.#dispatch.fill(engine);
    }
  }

  #applyToTicket(event: EventOf<'cancel' | 'committed' | 'first-token' | 'progress' | 'finish' | 'stopped'>): void {
    const entry = this.#roster.entries.get(event.id);
    if (entry === undefined) {
      return;
    }
    if (event.kind === 'cancel') {
      this.#runs.cancel(entry, event.outputTokens ?? 0);
      return;
    }
    if (event.kind === 'committed') {
      this.#runs.committed(entry);
      return;
    }
    if (entry.run === null) {
      return;
    }
    switch (event.kind) {
      case 'first-token':
        this.#runs.firstToken(entry);
        return;
      case 'progress':
        this.#runs.progress(entry, event);
        return;
      case 'finish':
        this.#runs.finish(entry, event);
        return;
      case 'stopped':
        this.#runs.stopped(entry, event);
    }
  }

  #submit(spec: TicketSpec): void {
    const { entries, now } = this.#roster;
    if (entries.has(spec.id)) {
      throw new Error(`ticket ${spec.id} was submitted twice`);
    }
    if (spec.ladder.length === 0) {
      throw new Error(`ticket ${spec.id} has an empty ladder`);
    }
    if (!(spec.inputTokens >= 0 && spec.outputTokensMax >= 0 && spec.bytes >= 0) || Number.isNaN(spec.deadlineAt)) {
      throw new Error(`ticket ${spec.id} has sizes or a deadline that are not numbers from 0 up`);
    }
    const pool = this.#roster.pool(spec.model);
    pool.tickets += 1;
    this.#seq += 1;
    const entry = new Entry(spec, pool, this.#seq, now);
    entries.set(spec.id, entry);
    this.#admission.admit(entry);
  }

  /** Each timer is set again later than now or not at all, so this ends. */
  #runTimers(): void {
    const { timers, engineTimers, now } = this.#roster;
    for (
      let engine = engineTimers.peek();
      engine !== undefined && engine.timerAt <= now;
      engine = engineTimers.peek()
    ) {
      engine.settleSilent(now);
      engine.observe({ kind: 'review', at: now });
      this.#dispatch.fill(engine);
      if (engine.timerAt <= now) {
        // Whatever its model waits for, the same moment will not bring it.
        engineTimers.remove(engine);
      }
    }
    for (let entry = timers.peek(); entry !== undefined && entry.timerAt <= now; entry = timers.peek()) {
      if (entry.state === 'queued') {
        this.#admission.waitChanges(entry);
      } else {
        this.#evictions.giveUp(entry);
      }
    }
  }

  /** What a live ticket gets; undefined once it ended. */
  served(id: string): ServedView | undefined {
    const entry = this.#roster.entries.get(id);
    if (entry === undefined) {
      return undefined;
    }
    return {
      state: entry.run === null ? 'queued' : entry.state === 'stopping' ? 'stopping' : 'running',
      tier: entry.tier,
      why: entry.rung.why,
      engine: entry.run?.engine.name ?? null,
      evictions: entry.evictions,
    };
  }

  depth(model: string, tier: Tier): number {
    return this.#roster.pools.get(model)?.shares(tier).queued ?? 0;
  }

  depths(): QueueDepth[] {
    const depths: QueueDepth[] = [];
    for (const pool of this.#roster.pools.values()) {
      for (const tier of TIERS) {
        depths.push({ model: pool.model, tier, tickets: pool.shares(tier).queued });
      }
    }
    return depths;
  }

  get queuedTickets(): number {
    return this.#roster.queuedTickets;
  }

  get queuedBytes(): number {
    return this.#roster.queuedBytes;
  }

  /** Names of the known engines. */
  engines(): string[] {
    return [...this.#roster.engines.keys()];
  }

  engineView(name: string): EngineView | undefined {
    const engine = this.#roster.engines.get(name);
    if (engine === undefined) {
      return undefined;
    }
    return {
      up: engine.up,
      slotsLimit: engine.capacity.slotsLimit,
      running: engine.load.slots,
      runningByTier: {
        priority: engine.runningOf('priority'),
        standard: engine.runningOf('standard'),
        flex: engine.runningOf('flex'),
        batch: engine.runningOf('batch'),
      },
      kvReserved: engine.load.kvTokens,
      evicting: engine.stopping + engine.overdue,
      model: engine.capacity.quality,
      stepMs: engine.capacity.stepMs(engine.load),
      costs: engine.capacity.costs ?? null,
    };
  }

  /** What a request that is submitted now would face; null while too little was seen to say. */
  estimate(model: string, tier: Tier, project: string, at: number): Estimate | null {
    const { pools, limits } = this.#roster;
    const pool = pools.get(model);
    if (pool === undefined || pool.runTimes.samples < limits.runSamplesMin) {
      return null;
    }
    const position = positionOf(pool, tier, project, false);
    const free = [...pool.engines.values()].some(
      (engine) =>
        engine.available(at) &&
        engine.takesTier(tier) &&
        engine.capacity.admits({ tier, promptTokens: 0, kvTokens: 0 }, engine.load, at),
    );
    const waitMs = position === 1 && free ? 0 : predictWait(pool, tier, position, at, limits);
    return waitMs === null ? null : { waitMs, runMs: (outputTokens) => pool.runTimes.runMs(outputTokens) };
  }
}
