import type { Place } from '@offpeak/core';
import type { EngineConfig, ModelConfig, ProviderConfig, UpstreamConfig } from '../config/config.ts';
import { EngineUpstream, type EngineListener } from './engine-upstream.ts';
import type { EngineReading } from './exposition.ts';
import { Lanes, type LaneListener } from './lanes.ts';
import { ProviderUpstream, type ProviderListener } from './provider-upstream.ts';
import type { ProviderTarget, Route } from './route.ts';
import { placesOf, providerTarget, UNNAMED_PLACES } from './targets.ts';

/** A model's name as clients say it, in front of models of upstreams. */
export type ModelAlias = Pick<ModelConfig, 'name' | 'targets' | 'order'>;

export interface FleetListener extends LaneListener {
  engineUp(engine: EngineUpstream, places: Readonly<Record<string, Place>>): void;
  engineDown(engine: EngineUpstream, why: string): void;
  engineReading(engine: EngineUpstream, reading: EngineReading): void;
  providerListed(provider: ProviderUpstream): void;
  providerSilent(provider: ProviderUpstream, why: string): void;
}

/** What stands behind a name, while routes are derived. */
interface Draft {
  readonly engines: Map<string, { readonly model: string; readonly place: Place }>;
  readonly providers: ProviderTarget[];
}

/** All engines and providers, and which of them serve which name. Routes are derived when those change, never per request. */
export class Fleet implements EngineListener, ProviderListener {
  readonly #listener: FleetListener;
  readonly #connectMs: number;
  readonly lanes: Lanes;
  readonly #engines = new Map<string, EngineUpstream>();
  readonly #providers = new Map<string, ProviderUpstream>();
  #aliases: readonly ModelAlias[] = [];
  #routes = new Map<string, Route>();
  #enginePlaces = new Map<string, Record<string, Place>>();

  constructor(listener: FleetListener, connectMs: number) {
    this.#listener = listener;
    this.#connectMs = connectMs;
    this.lanes = new Lanes(listener);
  }

  get engines(): IterableIterator<EngineUpstream> {
    return this.#engines.values();
  }

  get providers(): IterableIterator<ProviderUpstream> {
    return this.#providers.values();
  }

  get models(): IterableIterator<string> {
    return this.#routes.keys();
  }

  /** False while an engine that finds its models itself was never reached: an unknown model may still be one of its. */
  get complete(): boolean {
    for (const engine of this.#engines.values()) if (!engine.known && engine.settings.models === 'auto') return false;
    for (const provider of this.#providers.values()) if (!provider.known) return false;
    return true;
  }

  engine(name: string): EngineUpstream | undefined {
    return this.#engines.get(name);
  }

  provider(name: string): ProviderUpstream | undefined {
    return this.#providers.get(name);
  }

  route(model: string): Route | undefined {
    return this.#routes.get(model);
  }

  /** Starts, replaces and closes engines so that the fleet is what the settings say. Returns the names that are gone. */
  apply(settings: readonly UpstreamConfig[], aliases: readonly ModelAlias[]): string[] {
    this.#aliases = aliases;
    const engines = settings.filter((entry): entry is EngineConfig => entry.kind === 'engine');
    const providers = settings.filter((entry): entry is ProviderConfig => entry.kind === 'provider');
    const gone = this.#retire(this.#engines, engines);
    for (const name of this.#retire(this.#providers, providers)) this.lanes.drop(name);
    for (const entry of engines) {
      if (this.#engines.has(entry.name)) continue;
      const engine = new EngineUpstream(entry, this.#connectMs, this);
      this.#engines.set(entry.name, engine);
      engine.start();
    }
    for (const entry of providers) {
      if (this.#providers.has(entry.name)) continue;
      const provider = new ProviderUpstream(entry, this.#connectMs, this);
      this.#providers.set(entry.name, provider);
      provider.start();
    }
    // Names, places and the keys of projects may have changed: lanes are made again as they are asked for.
    this.lanes.drop();
    this.#derive();
    for (const engine of this.#engines.values()) {
      if (engine.up) this.#listener.engineUp(engine, this.#placesOn(engine.name));
    }
    return gone;
  }

  #retire<T extends { readonly settings: { readonly name: string }; retire(): void }>(
    present: Map<string, T>,
    settings: readonly { readonly name: string }[],
  ): string[] {
    const wanted = new Map(settings.map((entry) => [entry.name, JSON.stringify(entry)]));
    const gone: string[] = [];
    for (const [name, upstream] of present) {
      if (wanted.get(name) === JSON.stringify(upstream.settings)) continue;
      present.delete(name);
      gone.push(name);
      upstream.retire();
    }
    return gone;
  }

  async close(): Promise<void> {
    const upstreams = [...this.#engines.values(), ...this.#providers.values()];
    await Promise.all(upstreams.map((upstream) => upstream.close()));
  }

  engineUp(engine: EngineUpstream): void {
    if (this.#engines.get(engine.name) !== engine) return;
    this.#derive();
    this.#listener.engineUp(engine, this.#placesOn(engine.name));
  }

  engineDown(engine: EngineUpstream, why: string): void {
    if (this.#engines.get(engine.name) === engine) this.#listener.engineDown(engine, why);
  }

  engineReading(engine: EngineUpstream, reading: EngineReading): void {
    if (this.#engines.get(engine.name) === engine) this.#listener.engineReading(engine, reading);
  }

  providerListed(provider: ProviderUpstream): void {
    if (this.#providers.get(provider.name) !== provider) return;
    this.#derive();
    this.#listener.providerListed(provider);
  }

  providerSilent(provider: ProviderUpstream, why: string): void {
    if (this.#providers.get(provider.name) === provider) this.#listener.providerSilent(provider, why);
  }

  #placesOn(engine: string): Readonly<Record<string, Place>> {
    return this.#enginePlaces.get(engine) ?? {};
  }

  #derive(): void {
    const drafts = new Map<string, Draft>();
    for (const engine of this.#engines.values()) {
      const listed = engine.known ? engine.models.map(({ id }) => id) : namedModels(engine.settings);
      for (const id of listed) draftOf(drafts, id).engines.set(engine.name, { model: id, place: { rank: 0 } });
    }
    for (const provider of this.#providers.values()) {
      for (const id of provider.models) {
        draftOf(drafts, id).providers.push(providerTarget(provider, id, undefined, UNNAMED_PLACES));
      }
    }
    // An alias takes its name over: the operator said where it goes. One that is named for its price alone has no targets, and is
    // served by whoever has a model of that name.
    for (const alias of this.#aliases) if (alias.targets.length > 0) drafts.set(alias.name, this.#draftOfAlias(alias));
    this.#routes = new Map([...drafts].map(([name, draft]) => [name, this.#routeOf(draft)]));
    this.#enginePlaces = new Map();
    for (const [name, { engines }] of drafts) {
      for (const [engine, { place }] of engines) {
        const places = this.#enginePlaces.get(engine) ?? (Object.create(null) as Record<string, Place>);
        places[name] = place;
        this.#enginePlaces.set(engine, places);
      }
    }
  }

  #draftOfAlias(alias: ModelAlias): Draft {
    const draft: Draft = { engines: new Map(), providers: [] };
    const places = placesOf(alias, this.#providers);
    for (const [index, { upstream, model, tiers }] of alias.targets.entries()) {
      const place = places[index]!;
      const provider = this.#providers.get(upstream);
      if (provider !== undefined) draft.providers.push(providerTarget(provider, model, tiers, place));
      else if (this.#engines.has(upstream)) draft.engines.set(upstream, { model, place: place.standard });
    }
    return draft;
  }

  #routeOf({ engines, providers }: Draft): Route {
    let continues = true;
    let contextTokens: number | undefined;
    const modelOn = new Map<string, string>();
    for (const [name, { model }] of engines) {
      modelOn.set(name, model);
      const engine = this.#engines.get(name)!;
      if (engine.adapter.continueStyle === 'none') continues = false;
      const context = engine.models.find(({ id }) => id === model)?.contextTokens;
      if (context !== undefined) contextTokens = Math.max(contextTokens ?? 0, context);
    }
    return { modelOn, providers, continues, contextTokens };
  }
}

function namedModels(settings: EngineConfig): readonly string[] {
  return settings.models === 'auto' ? [] : settings.models;
}

function draftOf(drafts: Map<string, Draft>, name: string): Draft {
  let draft = drafts.get(name);
  if (draft === undefined) {
    draft = { engines: new Map(), providers: [] };
    drafts.set(name, draft);
  }
  return draft;
}
