import type { Place, Tier } from '@offpeak/core';
import type { ProviderUpstream } from './provider-upstream.ts';

/** What answers to a model's name. */
export interface Route {
  /** Every engine that serves it, up or not, with the name that the engine knows it by. */
  readonly modelOn: ReadonlyMap<string, string>;
  readonly providers: readonly ProviderTarget[];
  /** Each of these engines can continue a message. */
  readonly continues: boolean;
  readonly contextTokens: number | undefined;
}

/** A model of a provider behind a name of ours. */
export interface ProviderTarget {
  readonly upstream: ProviderUpstream;
  /** The provider's name for it. */
  readonly model: string;
  /** What the provider sells for the model, as far as the configuration lets it through. */
  readonly tiers: readonly Tier[];
  /** Where it stands among the model's targets, for each tier. */
  readonly places: Readonly<Record<Tier, Place>>;
}
