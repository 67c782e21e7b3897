import type { Continuation, Rung, Tier } from '@offpeak/core';
import type { Failure, Problem } from '@offpeak/dialects';
import type { Plan } from '../plans.ts';
import { laneId, type Lane } from '../upstreams/lanes.ts';
import type { ProviderTarget, Route } from '../upstreams/route.ts';
import { accountObstacle } from './account-objects.ts';
import type { Asked } from './asked.ts';
import type { Passages } from './passages.ts';
import type { Receipt } from './receipt.ts';
import { problemOfAccount } from './refusals.ts';
import type { Services } from './services.ts';
import type { Terms } from './terms.ts';

/** Where one request can go: what its model's route is to its wire, its content, its tiers and who pays. */
export interface Way {
  readonly modelOn: ReadonlyMap<string, string>;
  readonly contextTokens: number | undefined;
  readonly continues: boolean;
  /** The only lanes that it may be sent to: the wires of others were not looked at, and others may be paid for by somebody else. */
  readonly lanes: ReadonlySet<string>;
  /** What the scheduler is told of it. */
  readonly restriction: { readonly engines?: readonly string[]; readonly enginesForCache?: true };
}

interface Candidate {
  /** The scheduler's name for it. */
  readonly id: string;
  readonly upstream: string;
}

/** For when there are more lanes than there may be. */
const RETRY_MS = 1_000;

const NO_ENGINES: ReadonlyMap<string, string> = new Map();
const NO_LANES: ReadonlySet<string> = new Set();

/**
 * Finds it, with the plan's ladder cut down to the tiers that are there. Whatever stands in the way of every upstream is told now, before
 * anything was queued, sent or charged. `only`: no other upstream can follow what the request refers to.
 */
export function findWay(
  services: Services,
  receipt: Receipt,
  asked: Asked,
  passages: Passages,
  route: Route,
  plan: Plan,
  terms: Terms,
  only?: string,
): { readonly way: Way; readonly plan: Plan } | Problem {
  if (only === undefined && route.providers.length === 0 && passages.isOwnOfEngines)
    return plainWay(services, receipt, route, plan, terms);
  const obstacles: Problem[] = [];
  const modelOn = only === undefined ? reachableEngines(services, passages, route, obstacles) : NO_ENGINES;
  const targets = route.providers.filter((target) => {
    if (only !== undefined && target.upstream.name !== only) return false;
    const obstacle = obstacleTo(services, target, receipt, asked, passages, plan.ladder[0]!.tier);
    if (obstacle !== null) obstacles.push(obstacle);
    return obstacle === null;
  });
  const { lanes, givenUp, full } = lanesOf(services, receipt, targets, plan.ladder);
  for (const { upstream, failure } of givenUp) {
    const problem = problemOfAccount(failure, upstream.name);
    if (problem !== null) obstacles.push(problem);
  }
  const ladder = plan.ladder.filter(({ tier }) => modelOn.size > 0 || lanes.some((lane) => lane.tier === tier));
  if (ladder.length === 0) {
    if (obstacles.length > 0) return obstacles[0]!;
    if (full) return { kind: 'no-capacity', model: receipt.model, retryAfterMs: RETRY_MS };
    return only !== undefined && targets.length === 0 ? keptElsewhere(receipt) : notServed(plan, receipt);
  }

  const candidates: Candidate[] = [...modelOn.keys()].map((id) => ({ id, upstream: id }));
  for (const { id, upstream } of lanes) candidates.push({ id, upstream: upstream.name });
  const isPartial =
    modelOn.size < route.modelOn.size ||
    targets.length < route.providers.length ||
    givenUp.length > 0 ||
    route.providers.some(({ upstream }) => services.plans.hasOwnKeys(upstream.name));
  // An answer that an engine began cannot be gone on with at a provider.
  const mayOverflow = targets.some(({ tiers }) => ladder.some(({ tier }) => tier === 'flex' && tiers.includes(tier)));
  return {
    plan: ladder.length === plan.ladder.length ? plan : { ...plan, ladder },
    way: {
      modelOn,
      contextTokens: route.providers.length === 0 ? route.contextTokens : undefined,
      continues: route.continues && !mayOverflow,
      lanes: new Set(lanes.map(({ id }) => id)),
      restriction: restrictionOf(services, receipt, terms, candidates, isPartial, lanes.length > 0),
    },
  };
}

interface LanesOf {
  readonly lanes: readonly Lane[];
  /** Those that there is no use in asking now, each with the reason. */
  readonly givenUp: readonly { readonly upstream: Lane['upstream']; readonly failure: Failure }[];
  /** There are as many lanes as there may be. */
  readonly full: boolean;
}

function lanesOf(
  services: Services,
  receipt: Receipt,
  targets: readonly ProviderTarget[],
  ladder: readonly Rung[],
): LanesOf {
  const lanes: Lane[] = [];
  const givenUp: LanesOf['givenUp'][number][] = [];
  const at = services.desk.now();
  let full = false;
  for (const target of targets) {
    const { upstream } = target;
    const { project } = receipt.identity;
    const ownKey = services.plans.providerKeyOf(project, upstream.name);
    for (const tier of tiersOf(ladder, target)) {
      const lane = services.fleet.lanes.lane(target, tier, receipt.model, project, ownKey);
      const failure = lane?.hopeless(at);
      if (lane === undefined) full = true;
      else if (failure === null) lanes.push(lane);
      else if (failure !== undefined) givenUp.push({ upstream, failure });
    }
  }
  return { lanes, givenUp, full };
}

/** Some engine or lane of it may still come to take the request. */
export function isWorthWaiting({ desk, fleet }: Services, { modelOn, lanes }: Way): boolean {
  if (modelOn.size > 0) return true;
  const at = desk.now();
  for (const id of lanes) if (fleet.lanes.get(id)?.hopeless(at) === null) return true;
  return false;
}

/** At the tier a provider's lane is all that there is. */
export function hasOneLane({ fleet }: Services, { modelOn, lanes }: Way, tier: Tier): boolean {
  let count = 0;
  for (const id of lanes) if (fleet.lanes.get(id)?.tier === tier) count += 1;
  return modelOn.size === 0 && count === 1;
}

/** Larger than any model's context, for engines that do not tell theirs. */
const CONTEXT_TOKENS_MAX = 4_194_304;
/** More answers to one request than any engine gives. */
const CHOICES_MAX = 128;

/** More tokens than its stream can have: each choice can fill the model's context, and no more. */
export function streamTokensMax({ contextTokens = CONTEXT_TOKENS_MAX }: Way, { choices }: Asked): number {
  return choices === 1 ? contextTokens : contextTokens * CHOICES_MAX;
}

/** Whether an answer that an engine began can be gone on with. Of a translated request that is decided by what engines are sent. */
export function continuationOf({ facts }: Asked, passages: Passages, { continues, modelOn }: Way): Continuation {
  const { continuation } = passages.isOwnOfEngines || modelOn.size === 0 ? facts : passages.forEngines().request.facts;
  return continuation === 'continue' && !continues ? 'restart' : continuation;
}

/** A new configuration takes all lanes away. Those that a request waits for are made again, as far as they are still to be had. */
export function renewLanes(
  services: Services,
  receipt: Receipt,
  asked: Asked,
  passages: Passages,
  lanes: ReadonlySet<string>,
): void {
  const { project } = receipt.identity;
  for (const target of services.fleet.route(receipt.model)?.providers ?? []) {
    const ownKey = services.plans.providerKeyOf(project, target.upstream.name);
    for (const tier of target.tiers) {
      if (!lanes.has(laneId(target, tier, project, ownKey))) continue;
      if (obstacleTo(services, target, receipt, asked, passages, tier) !== null) continue;
      services.fleet.lanes.lane(target, tier, receipt.model, project, ownKey);
    }
  }
}

/** Engines alone, in their own wire: by far the most usual. */
function plainWay(
  services: Services,
  receipt: Receipt,
  route: Route,
  plan: Plan,
  terms: Terms,
): { readonly way: Way; readonly plan: Plan } {
  const { modelOn, contextTokens, continues } = route;
  const candidates = terms.session === undefined ? [] : [...modelOn.keys()].map((id) => ({ id, upstream: id }));
  const restriction = restrictionOf(services, receipt, terms, candidates, false, false);
  return { plan, way: { modelOn, contextTokens, continues, lanes: NO_LANES, restriction } };
}

function reachableEngines(
  { fleet }: Services,
  passages: Passages,
  route: Route,
  obstacles: Problem[],
): ReadonlyMap<string, string> {
  if (route.modelOn.size === 0) return NO_ENGINES;
  const obstacle = passages.obstacleToEngines();
  if (obstacle !== null) {
    obstacles.push(obstacle);
    return NO_ENGINES;
  }
  const toAnswering = passages.obstacleToAnswering();
  if (toAnswering === null) return route.modelOn;
  const going = [...route.modelOn].filter(([name]) => fleet.engine(name)?.adapter.continueStyle !== 'none');
  if (going.length === 0) obstacles.push(toAnswering);
  return going.length === route.modelOn.size ? route.modelOn : new Map(going);
}

function obstacleTo(
  services: Services,
  { upstream, model }: ProviderTarget,
  receipt: Receipt,
  asked: Asked,
  passages: Passages,
  tier: Tier,
): Problem | null {
  const wire = upstream.protocol.wireFor(receipt.target.mount.dialect.name, asked.operation);
  if (wire === null) {
    const detail = `${upstream.settings.provider} has no ${asked.operation}`;
    return { kind: 'unsupported', param: 'model', model: receipt.model, wire: upstream.settings.provider, detail };
  }
  const ownKey = services.plans.providerKeyOf(receipt.identity.project, upstream.name);
  if (ownKey === undefined && upstream.credential === undefined) {
    return { kind: 'upstream-credentials', upstream: upstream.name, missing: true };
  }
  const obstacle = passages.obstacle(wire, model, tier);
  return obstacle ?? accountObstacle(services, receipt, passages, { upstream, model, wire });
}

function tiersOf(ladder: readonly Rung[], { tiers }: ProviderTarget): Set<Tier> {
  return new Set(ladder.map(({ tier }) => tier).filter((tier) => tiers.includes(tier)));
}

function notServed(plan: Plan, receipt: Receipt): Problem {
  const tier = plan.ladder[0]!.tier;
  return { kind: 'tier-not-served', tier, what: `the model '${receipt.model}': no upstream of it has that tier` };
}

/** The answer that it continues lies with a provider that does not serve the model. */
function keptElsewhere({ model }: Receipt): Problem {
  const detail = 'it keeps the answer that this one would go on from';
  return { kind: 'untranslatable', param: 'previous_response_id', model, detail };
}

/** `isPartial`: not all that the model has will do. `hasLanes`: what it has may have become more by the time that it starts. */
function restrictionOf(
  services: Services,
  receipt: Receipt,
  { session }: Terms,
  candidates: readonly Candidate[],
  isPartial: boolean,
  hasLanes: boolean,
): Way['restriction'] {
  const all = isPartial || hasLanes ? { engines: candidates.map(({ id }) => id) } : {};
  if (session === undefined) return all;
  const binding = services.sessions.get(receipt.identity.project, session, services.desk.now());
  if (binding === undefined) return all;
  const bound = candidates.filter(({ upstream }) => upstream === binding.upstream).map(({ id }) => id);
  if (bound.length === 0) return all;
  const engine = services.fleet.engine(binding.upstream);
  // An engine that is down releases its sessions: the chain goes on elsewhere, with a cold cache.
  if (engine !== undefined && !engine.up) return all;
  // Where not every upstream will do, the scheduler must not be free to leave the session's for any other.
  return isPartial ? { engines: bound } : { engines: bound, enginesForCache: true };
}
