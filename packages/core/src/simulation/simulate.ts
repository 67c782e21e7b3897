import type { CapacityModel } from '../capacity/capacity-model.ts';
import { countedSlots, shadowCapacity } from '../capacity/default-capacity.ts';
import { ProviderCapacity } from '../capacity/provider/provider-capacity.ts';
import { LimitBook } from '../limits/limit-book.ts';
import type { CapacitySpec, SchedulerEvent } from '../scheduler/events.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { AuditedGate } from './audited-gate.ts';
import { DecisionRules } from './decision-rules.ts';
import { checkEnd, checkState } from './invariants.ts';
import { TICK_LATE_MS_MAX } from './lateness.ts';
import { demand, Mirror, rankIn, tierOf, type Outcome } from './mirror.ts';
import { Models } from './models.ts';
import { Random } from './random.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { World } from './world.ts';

export interface SimulationReport {
  readonly seed: number;
  readonly events: number;
  /** By kind, and those with a reason by that. */
  readonly decisions: Readonly<Record<string, number>>;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Over every event and decision with its time: equal runs have equal digests. */
  readonly digest: string;
}

/** More events than any scenario needs; a run that reaches it does not end. */
const EVENTS_MAX = 200_000;
/** Lines of the log that an error repeats. */
const LOG_TAIL = 25;

/** Plays one seed's scenario to its end. Throws an error that carries the end of the log at the first thing that must not be. */
export function simulate(seed: number): SimulationReport {
  const random = new Random(seed);
  return new Simulation(seed, random, drawScenario(random)).run();
}

class Simulation {
  readonly #seed: number;
  readonly #random: Random;
  readonly #mirror: Mirror;
  readonly #rules: DecisionRules;
  readonly #models: Models;
  /** Slots are counted: what an engine takes does not change with time alone. */
  readonly #timeless: boolean;
  readonly #world: World;
  readonly #gate: AuditedGate;
  readonly #scheduler: Scheduler;
  readonly #log: string[] = [];
  readonly #decisions: Record<string, number> = {};
  /** Tickets whose finish was told; a second one counts for nothing. */
  readonly #finished = new Set<string>();
  #digest = 0;
  #events = 0;

  constructor(seed: number, random: Random, scenario: Scenario) {
    this.#seed = seed;
    this.#random = random;
    this.#mirror = new Mirror(scenario.limits);
    this.#rules = new DecisionRules(this.#mirror, scenario.shadow);
    this.#timeless = scenario.shadow === null;
    const { shadow, promptsYield } = scenario;
    const lanes = (spec: CapacitySpec): CapacityModel => new ProviderCapacity(spec, scenario.laneLimits);
    this.#models = new Models(shadow === null ? countedSlots : shadowCapacity(shadow), lanes, promptsYield);
    this.#world = new World(random, scenario, this.#mirror);
    this.#gate = new AuditedGate(new LimitBook({ limitsFor: scenario.limitsFor, entriesMax: 1_000 }));
    const { factory: capacity, lanes: laneCapacity } = this.#models;
    this.#scheduler = new Scheduler({ gate: this.#gate, limits: scenario.limits, capacity, lanes: laneCapacity });
  }

  run(): SimulationReport {
    try {
      let event = this.#nextEvent();
      while (event !== null) {
        this.#step(event);
        event = this.#nextEvent();
      }
      checkEnd(this.#mirror, this.#scheduler, this.#gate.open);
    } catch (cause) {
      const tail = this.#log.slice(-LOG_TAIL).join('\n');
      throw new Error(`seed ${String(this.#seed)}: ${(cause as Error).message}\n${tail}`, { cause });
    }
    return {
      seed: this.#seed,
      events: this.#events,
      decisions: this.#decisions,
      outcomes: this.#outcomes(),
      digest: this.#digest.toString(16),
    };
  }

  /** The world's next event, or a tick if one is due before it, now and then a little late. */
  #nextEvent(): SchedulerEvent | null {
    for (;;) {
      const worldAt = this.#world.nextAt;
      const wakeAt = this.#scheduler.wakeAt();
      if (wakeAt !== null && (worldAt === null || wakeAt < worldAt)) {
        const lateMs = this.#random.chance(0.2) ? this.#random.unit() * TICK_LATE_MS_MAX : 0;
        const at = wakeAt + lateMs;
        return { kind: 'tick', at: worldAt === null ? at : Math.min(at, worldAt) };
      }
      if (worldAt === null) {
        return null;
      }
      const event = this.#world.next();
      if (event !== null) {
        return event;
      }
    }
  }

  #step(event: SchedulerEvent): void {
    this.#events += 1;
    demand(this.#events <= EVENTS_MAX, 'the simulation does not end');
    if (event.kind === 'submit') {
      this.#mirror.submitted(event.ticket, event.at);
    }
    this.#note(event);
    const concerned = this.#timeless ? null : this.#concernedBy(event);
    const decisions = this.#scheduler.handle(event);
    if (event.kind === 'engine-up') {
      this.#models.cameUp(this.#mirror.engines.get(event.engine)!);
    }
    for (const decision of decisions) {
      this.#note(decision);
      const { kind } = decision;
      this.#count(
        kind === 'evict' ? `${kind} ${decision.why}` : kind === 'refuse' ? `${kind} ${decision.reason}` : kind,
      );
      if (kind === 'start') {
        this.#countPlace(decision.id, decision.engine);
      }
    }
    this.#checkSettlement(event);
    this.#rules.decided(decisions, event.at);
    checkState(this.#mirror, this.#scheduler, event.at, concerned);
    this.#world.follow(decisions, event.at);
    this.#world.mayRepeat(event, event.at);
  }

  /** The engine that is looked at anew because of this event, whatever it holds. */
  #concernedBy(event: SchedulerEvent): ReadonlySet<string> {
    switch (event.kind) {
      case 'engine-up':
      case 'engine-stats':
      case 'engine-limits':
        return new Set([event.engine]);
      case 'first-token':
      case 'stopped':
        return new Set([this.#mirror.tickets.get(event.id)!.lastEngine!]);
      case 'finish':
        return new Set(this.#finished.has(event.id) ? [] : [this.#mirror.tickets.get(event.id)!.lastEngine!]);
      case 'progress': {
        const { engine, heldUp, state } = this.#mirror.tickets.get(event.id)!;
        const isBeat =
          state === 'running' && !heldUp && this.#mirror.engines.get(engine!)!.watched?.spec.id === event.id;
        return new Set(isBeat ? [engine!] : []);
      }
      default:
        return new Set();
    }
  }

  /** What a finished ticket used is counted once, at the tier that it was served. */
  #checkSettlement(event: SchedulerEvent): void {
    const settlements = this.#gate.takeSettlements();
    if (event.kind !== 'finish') {
      return;
    }
    const ticket = this.#mirror.tickets.get(event.id)!;
    const counted = settlements.filter(
      ({ kind, project, tier, used }) =>
        kind === 'settle' &&
        project === ticket.spec.project &&
        tier === tierOf(ticket) &&
        used === event.inputTokens + event.outputTokens,
    );
    const expected = this.#finished.has(event.id) ? 0 : 1;
    this.#finished.add(event.id);
    demand(counted.length === expected, `${event.id} was counted ${String(counted.length)} times`);
  }

  /** What is about lanes and places must come about, or nothing is learned of it. */
  #countPlace(id: string, name: string): void {
    const engine = this.#mirror.engines.get(name)!;
    const { spec, bounces } = this.#mirror.tickets.get(id)!;
    if (engine.lane !== null) this.#count(bounces > 0 ? 'start again on a lane' : 'start on a lane');
    if (rankIn(engine, spec.model) > 0) this.#count('start on a higher rank');
  }

  #count(decision: string): void {
    this.#decisions[decision] = (this.#decisions[decision] ?? 0) + 1;
  }

  #note(what: object): void {
    const line = JSON.stringify(what);
    this.#log.push(line);
    if (this.#log.length > 2 * LOG_TAIL) {
      this.#log.splice(0, LOG_TAIL);
    }
    for (let index = 0; index < line.length; index += 1) {
      this.#digest = (Math.imul(this.#digest, 31) + line.charCodeAt(index)) >>> 0;
    }
  }

  #outcomes(): Record<string, number> {
    const outcomes: Partial<Record<Outcome, number>> = {};
    for (const { outcome } of this.#mirror.tickets.values()) {
      outcomes[outcome!] = (outcomes[outcome!] ?? 0) + 1;
    }
    return outcomes;
  }
}
