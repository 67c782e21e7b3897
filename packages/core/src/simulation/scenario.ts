import { DEFAULT_SHADOW_SETTINGS, type ShadowSettings } from '../capacity/shadow/shadow-settings.ts';
import type { ProviderLimits } from '../capacity/provider/provider-limits.ts';
import type { LimitGrant } from '../limits/grant.ts';
import { grantFor } from '../limits/grant.ts';
import type { SchedulerLimits } from '../scheduler/scheduler-limits.ts';
import type { CapacitySpec, Place } from '../scheduler/events.ts';
import type { Continuation, Rung, TicketSpec } from '../scheduler/ticket.ts';
import { resolveLadder } from '../tiers/ladder.ts';
import { DEFAULT_TIER_RULES } from '../tiers/rules.ts';
import { TIERS, type Tier } from '../tiers/tier.ts';
import { drawLanes, drawLaneLimits, drawOwnPlaces, withLanes, type LaneKeys } from './lanes.ts';
import type { Random } from './random.ts';

export interface EnginePlan {
  readonly name: string;
  readonly models: readonly string[];
  readonly capacity: CapacitySpec;
  /** Null: all. */
  readonly tiers: readonly Tier[] | null;
  readonly places: Readonly<Record<string, Place>>;
  /** A step of it when it is empty, and what each request adds. */
  readonly stepMs: number;
  readonly stepMsPerRequest: number;
  /** How often it is asked for its metrics; null: never. */
  readonly statsEveryMs: number | null;
}

/** How often things go wrong, each as a probability per occasion. */
export interface FaultPlan {
  readonly bounce: number;
  readonly loss: number;
  readonly failure: number;
  readonly cancel: number;
  readonly slowStop: number;
  /** An engine goes down (or away) at some time of the run. */
  readonly engineLoss: number;
  readonly duplicate: number;
}

/** One seed's world: what exists, what arrives, what breaks. */
export interface Scenario {
  readonly models: readonly string[];
  readonly projects: readonly string[];
  readonly engines: readonly EnginePlan[];
  readonly faults: FaultPlan;
  /** What is told to the models of its engines; null where slots are counted. */
  readonly shadow: ShadowSettings | null;
  readonly promptsYield: boolean;
  readonly laneLimits: ProviderLimits;
  readonly limits: Partial<SchedulerLimits>;
  readonly limitsFor: (project: string, model: string, tier: Tier) => LimitGrant | null;
  readonly arrivals: readonly { readonly at: number; readonly ticket: TicketSpec }[];
}

const SHADOW_SHARE = 0.35;
/** Of those without: what lanes are about has nothing to do with how own engines are modelled. */
const LANES_SHARE = 0.45;
const TICKETS_MIN = 30;
const TICKETS_MAX = 140;

export function drawScenario(random: Random): Scenario {
  const shadow = random.chance(SHADOW_SHARE) ? drawShadow(random) : null;
  const models = names('m', random.int(1, 3));
  const projects = names('p', random.int(1, 5));
  // Few engines, so that each sees enough of its own steps and prompts to learn from.
  const own = names('e', random.int(1, shadow === null ? 4 : 2)).map((name) => drawEngine(random, name, models));
  const hasLanes = shadow === null && random.chance(LANES_SHARE);
  const lanes = hasLanes ? drawLanes(random, models, projects) : null;
  const engines = lanes === null ? own : [...drawOwnPlaces(random, own), ...lanes.plans];
  const calm = random.chance(0.25);
  const probability = (most: number): number => (calm ? 0 : random.unit() * most);
  const faults = {
    bounce: probability(0.15),
    loss: probability(0.1),
    failure: probability(0.05),
    cancel: probability(0.2),
    slowStop: probability(0.2),
    engineLoss: probability(1),
    duplicate: probability(0.1),
  };
  return {
    models,
    projects,
    engines,
    faults,
    shadow,
    promptsYield: shadow !== null && random.chance(0.3),
    laneLimits: drawLaneLimits(random),
    limits: drawSchedulerLimits(random),
    limitsFor: drawLimits(random, projects),
    arrivals: drawArrivals(random, models, projects, own, lanes?.keys ?? null),
  };
}

function drawEngine(random: Random, name: string, models: readonly string[]): EnginePlan {
  const served = models.filter(() => random.chance(0.7));
  const slots = random.chance(0.2) ? 'auto' : random.int(1, 6);
  return {
    name,
    models: served.length > 0 ? served : [random.pick(models)],
    capacity: random.chance(0.6) ? { slots, kvTokens: random.int(300, 2_500) } : { slots },
    tiers: null,
    places: {},
    stepMs: random.int(2, 30),
    stepMsPerRequest: random.unit(),
    statsEveryMs: random.chance(0.6) ? random.int(200, 2_000) : null,
  };
}

/** Small numbers, so that models come to be trusted, and limits to be met, within a few requests. */
function drawShadow(random: Random): ShadowSettings {
  return {
    ...DEFAULT_SHADOW_SETTINGS,
    slo: { ttftMs: 500, tpotMs: random.pick([20, 40, 50]) },
    flexShare: random.pick([0, 0.1, 0.24, 0.5, 1]),
    samplesMin: random.pick([3, 8, 64]),
    errorMax: random.pick([0.1, 0.3, 1]),
    coldFlexMax: random.int(1, 8),
    statsAgeMsMax: random.pick([300, 1_000, 5_000]),
    kvHorizonMs: random.pick([100, 2_000]),
    slotsSpare: random.int(0, 2),
    slotsSpareShareMax: random.pick([0.125, 0.5]),
    stepTokens: random.pick([64, 2_048]),
  };
}

/** Small bounds, so that they are met. */
function drawSchedulerLimits(random: Random): Partial<SchedulerLimits> {
  return {
    evictionConfirmMsMax: random.pick([200, 2_000, 10_000]),
    evictionsPerTicketMax: random.int(1, 3),
    evictionsPerDecisionMax: random.int(1, 3),
    evictionsPerEngineMax: random.int(1, 3),
    lostRunsMax: random.int(0, 3),
    resumePatienceMsMin: random.pick([0, 5_000, 60_000]),
    tieMsMax: random.pick([0, 200, 5_000]),
    flexBetweenBatchMax: random.int(0, 6),
    bouncesMax: random.pick([1, 3, 20]),
    pauseMsMax: random.pick([2_000, 900_000]),
    retriesPerMinuteMin: random.pick([1, 30, 600]),
    retryShareOfSuccesses: random.pick([0.1, 0.5]),
    retriesSavedMax: random.int(1, 20),
    urgentMsMax: random.pick([1_000, 10_000, 1_800_000]),
    ...(random.chance(0.4) ? { queueTicketsMax: random.int(2, 30) } : {}),
    ...(random.chance(0.2) ? { queueBytesMax: random.int(500, 20_000) } : {}),
  };
}

function drawLimits(random: Random, projects: readonly string[]): Scenario['limitsFor'] {
  const standard = new Map(
    projects
      .filter(() => random.chance(0.4))
      .map((project) => [project, { requestsPerMinute: random.int(5, 60), tokensPerMinute: random.int(500, 30_000) }]),
  );
  return (project, _model, tier) => {
    const own = standard.get(project);
    return own === undefined ? null : grantFor(tier, { standard: own }, DEFAULT_TIER_RULES);
  };
}

function drawArrivals(
  random: Random,
  models: readonly string[],
  projects: readonly string[],
  engines: readonly EnginePlan[],
  keys: LaneKeys | null,
): Scenario['arrivals'] {
  const count = random.int(TICKETS_MIN, TICKETS_MAX);
  const gapMs = random.pick([5, 40, 200, 1_000]);
  const tokensMax = random.pick([30, 150, 150, 300]);
  const arrivals: { at: number; ticket: TicketSpec }[] = [];
  let at = 0;
  let burstLeft = 0;
  for (let index = 0; index < count; index += 1) {
    if (burstLeft > 0) {
      burstLeft -= 1;
    } else {
      at += random.gap(gapMs);
      burstLeft = random.chance(0.03) ? random.int(5, 20) : 0;
    }
    const ticket = drawTicket(random, `t${String(index)}`, at, models, projects, engines, tokensMax);
    arrivals.push({ at, ticket: keys === null ? ticket : withLanes(random, ticket, engines, keys) });
  }
  return arrivals;
}

function drawTicket(
  random: Random,
  id: string,
  at: number,
  models: readonly string[],
  projects: readonly string[],
  engines: readonly EnginePlan[],
  tokensMax: number,
): TicketSpec {
  return {
    id,
    project: random.pick(projects),
    model: random.pick(models),
    ladder: drawLadder(random),
    inputTokens: random.chance(0.05) ? random.int(500, 3_000) : random.int(1, 300),
    outputTokensMax: random.int(1, tokensMax),
    deadlineAt: at + random.int(100, 60_000),
    continuation: random.pick<Continuation>(['continue', 'continue', 'restart', 'none']),
    bytes: random.int(1, 1_000),
    ...(random.chance(0.2) ? { silent: random.pick([true, 'interactive'] as const) } : {}),
    ...(random.chance(0.2) ? { leavesAt: at + random.int(20, 5_000) } : {}),
    ...(random.chance(0.15) ? { engines: [random.pick(engines).name], enginesForCache: random.chance(0.5) } : {}),
  };
}

function drawLadder(random: Random): readonly Rung[] {
  const resolution = resolveLadder({
    requested: random.pick([...TIERS, 'auto']),
    auto: random.pick(['spill', 'project-default', 'priority-if-allowed']),
    rules: DEFAULT_TIER_RULES,
    project: { defaultTier: random.pick(TIERS), autoBuysPriority: random.chance(0.3) },
    onUnavailable: random.pick(['refuse', 'standard']),
    ...(random.chance(0.7) ? { maxWaitMs: random.pick([0, 50, 500, 3_000, 20_000]) } : {}),
  });
  if (!resolution.ok) {
    throw new Error('no project of a scenario bounds its tiers');
  }
  return resolution.ladder;
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${String(index)}`);
}
