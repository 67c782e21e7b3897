import type { ProviderLimits } from '../capacity/provider/provider-limits.ts';
import type { Place } from '../scheduler/events.ts';
import type { TicketSpec } from '../scheduler/ticket.ts';
import { TIERS, type Tier } from '../tiers/tier.ts';
import type { Random } from './random.ts';
import type { EnginePlan } from './scenario.ts';

/** Which lanes the tickets of a project may use: whoever pays with a key of its own has lanes of its own. */
export type LaneKeys = ReadonlyMap<string, readonly string[]>;

/** Small windows, so that they are met. */
export function drawLaneLimits(random: Random): ProviderLimits {
  return { windowStart: random.int(1, 6), windowMin: 1, windowMax: random.int(6, 16) };
}

export function drawLanes(
  random: Random,
  models: readonly string[],
  projects: readonly string[],
): { plans: EnginePlan[]; keys: LaneKeys } {
  const plans: EnginePlan[] = [];
  const keys = new Map<string, string[]>();
  const operators = drawFor(random, 'l', models);
  plans.push(...operators);
  for (const project of projects) {
    const own = random.chance(0.2) ? drawFor(random, `${project}-`, models) : operators;
    plans.push(...(own === operators ? [] : own));
    keys.set(
      project,
      own.map(({ name }) => name),
    );
  }
  return { plans, keys };
}

/** An upstream or two, with a lane for each tier that it sells. */
function drawFor(random: Random, prefix: string, models: readonly string[]): EnginePlan[] {
  const plans: EnginePlan[] = [];
  for (let upstream = 0; upstream < random.int(1, 2); upstream += 1) {
    const rank = random.int(0, 2);
    for (const tier of TIERS) {
      if (random.chance(0.6)) {
        plans.push(drawLane(random, `${prefix}${String(upstream)}-${tier}`, tier, models, rank));
      }
    }
  }
  return plans;
}

function drawLane(random: Random, name: string, tier: Tier, models: readonly string[], rank: number): EnginePlan {
  const served = models.filter(() => random.chance(0.8));
  return {
    name,
    models: served.length > 0 ? served : [random.pick(models)],
    capacity: { slots: random.chance(0.3) ? random.int(1, 4) : 'auto', provider: true },
    tiers: random.chance(0.9) ? [tier] : [tier, random.pick(TIERS)],
    places: placesOf(random, models, rank),
    stepMs: random.int(2, 30),
    stepMsPerRequest: 0,
    statsEveryMs: null,
  };
}

/** Beside lanes, engines of the operator's own have places as well, and now and then not all tiers. */
export function drawOwnPlaces(random: Random, engines: readonly EnginePlan[]): EnginePlan[] {
  return engines.map((plan) => ({
    ...plan,
    tiers: random.chance(0.15) ? TIERS.filter(() => random.chance(0.7)) : null,
    places: random.chance(0.5) ? placesOf(random, plan.models, random.int(0, 1)) : {},
  }));
}

function placesOf(random: Random, models: readonly string[], rank: number): Record<string, Place> {
  const weighted = random.chance(0.4);
  return Object.fromEntries(
    models.map((model) => [model, weighted ? { rank, weight: random.int(1, 4) } : { rank }] as const),
  );
}

/** Unless it is for some engines already, a ticket is for all own engines and for the lanes that its project pays for. */
export function withLanes(random: Random, ticket: TicketSpec, own: readonly EnginePlan[], keys: LaneKeys): TicketSpec {
  if (ticket.engines !== undefined && random.chance(0.5)) {
    return ticket;
  }
  return { ...ticket, engines: [...own.map(({ name }) => name), ...keys.get(ticket.project)!], enginesForCache: false };
}
