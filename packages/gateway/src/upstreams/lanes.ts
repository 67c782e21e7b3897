import type { Place, Tier } from '@offpeak/core';
import type { Failure } from '@offpeak/dialects';
import { Backoff } from './backoff.ts';
import type { Credential } from './providers/protocol.ts';
import type { ProviderUpstream } from './provider-upstream.ts';
import type { ProviderTarget } from './route.ts';

/** More combinations of model, tier and paying project than any house uses; past it, requests are told that there is no capacity. */
export const LANES_MAX = 20_000;

export interface LaneListener {
  /** A lane can be sent to; said again when it serves one more name. */
  laneUp(lane: Lane): void;
  laneGone(lane: Lane): void;
}

/**
 * One model of a provider at one tier, paid with one credential. Providers limit and refuse by just these, so each lane is an engine
 * of its own to the scheduler: what one is refused says nothing about another, and a key that is no good stops its own lanes alone.
 */
export class Lane {
  readonly id: string;
  readonly upstream: ProviderUpstream;
  readonly model: string;
  readonly tier: Tier;
  readonly credential: Credential;
  readonly backoff: Backoff = new Backoff(Math.random);
  /** By the names that clients ask for. */
  readonly places: Record<string, Place> = Object.create(null) as Record<string, Place>;
  #given: { readonly failure: Failure; readonly until: number } | null = null;

  constructor(id: string, upstream: ProviderUpstream, model: string, tier: Tier, credential: Credential) {
    this.id = id;
    this.upstream = upstream;
    this.model = model;
    this.tier = tier;
    this.credential = credential;
  }

  /** The key is no good, or its account has nothing left: until then whoever asks is told so at once, instead of waiting for it. */
  giveUp(failure: Failure, until: number): void {
    this.#given = { failure, until };
  }

  /** Why nobody is sent there now; null where nothing is known against it. */
  hopeless(at: number): Failure | null {
    return this.#given !== null && at < this.#given.until ? this.#given.failure : null;
  }
}

/** Stands where a project that pays for itself is named. */
const OPERATOR = '-';

/** Of these only a model's name may contain spaces, so it comes last; no engine and no project has a name like the others. */
export function laneId(
  { upstream, model }: Pick<ProviderTarget, 'upstream' | 'model'>,
  tier: Tier,
  project: string,
  ownKey: string | undefined,
): string {
  return `${upstream.name} ${tier} ${ownKey === undefined ? OPERATOR : project} ${model}`;
}

/** All lanes that were ever asked for. Made at the first request that may use them: most of what a provider sells is never used. */
export class Lanes {
  readonly #listener: LaneListener;
  readonly #lanes = new Map<string, Lane>();

  constructor(listener: LaneListener) {
    this.#listener = listener;
  }

  get all(): IterableIterator<Lane> {
    return this.#lanes.values();
  }

  get(id: string): Lane | undefined {
    return this.#lanes.get(id);
  }

  /** The lane of a target at a tier for who pays with `ownKey` or, without one, with the operator's. Undefined: nobody's key is there. */
  lane(
    target: ProviderTarget,
    tier: Tier,
    name: string,
    project: string,
    ownKey: string | undefined,
  ): Lane | undefined {
    const { upstream, model } = target;
    const id = laneId(target, tier, project, ownKey);
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      const credential = ownKey === undefined ? upstream.credential : ({ kind: 'key', key: ownKey } as const);
      if (credential === undefined || this.#lanes.size >= LANES_MAX) return undefined;
      lane = new Lane(id, upstream, model, tier, credential);
      this.#lanes.set(id, lane);
    }
    if (lane.places[name] === undefined) {
      lane.places[name] = target.places[tier];
      this.#listener.laneUp(lane);
    }
    return lane;
  }

  /** The lanes of an upstream that is gone or has changed, or of all. */
  drop(upstream?: string): void {
    for (const [id, lane] of this.#lanes) {
      if (upstream !== undefined && lane.upstream.name !== upstream) continue;
      this.#lanes.delete(id);
      this.#listener.laneGone(lane);
    }
  }
}
