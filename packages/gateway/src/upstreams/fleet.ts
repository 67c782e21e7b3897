import type { UpstreamConfig } from '../config/config.ts';
import { EngineUpstream, type EngineListener } from './engine-upstream.ts';
import type { EngineReading } from './exposition.ts';

/** A model's name as clients say it, in front of models of upstreams. */
export interface ModelAlias {
  readonly name: string;
  readonly targets: readonly { readonly upstream: string; readonly model: string }[];
}

export interface FleetListener {
  engineUp(engine: EngineUpstream, models: readonly string[]): void;
  engineDown(engine: EngineUpstream, why: string): void;
  engineReading(engine: EngineUpstream, reading: EngineReading): void;
}

/** What answers to a model's name. */
export interface Route {
  /** Every engine that serves it, up or not, with the name that the engine knows it by. */
  readonly modelOn: ReadonlyMap<string, string>;
  /** Each of these engines can continue a message. */
  readonly continues: boolean;
  readonly contextTokens: number | undefined;
}

/** All engines, and which of them serve which name. Routes are derived when engines change, never per request. */
export class Fleet implements EngineListener {
  readonly #listener: FleetListener;
  readonly #connectMs: number;
  readonly #engines = new Map<string, EngineUpstream>();
  #aliases: readonly ModelAlias[] = [];
  #routes = new Map<string, Route>();

  constructor(listener: FleetListener, connectMs: number) {
    this.#listener = listener;
    this.#connectMs = connectMs;
  }

  get engines(): IterableIterator<EngineUpstream> {
    return this.#engines.values();
  }

  get models(): IterableIterator<string> {
    return this.#routes.keys();
  }

  /** False while an engine that finds its models itself was never reached: an unknown model may still be one of its. */
  get complete(): boolean {
    for (const engine of this.#engines.values()) if (!engine.known && engine.settings.models === 'auto') return false;
    return true;
  }

  engine(name: string): EngineUpstream | undefined {
    return this.#engines.get(name);
  }

  route(model: string): Route | undefined {
    return this.#routes.get(model);
  }

  /** Starts, replaces and closes engines so that the fleet is what the settings say. Returns the names that are gone. */
  apply(settings: readonly UpstreamConfig[], aliases: readonly ModelAlias[]): string[] {
    this.#aliases = aliases;
    const wanted = new Map(settings.map((entry) => [entry.name, entry]));
    const gone: string[] = [];
    for (const [name, engine] of this.#engines) {
      const next = wanted.get(name);
      if (next !== undefined && JSON.stringify(next) === JSON.stringify(engine.settings)) continue;
      this.#engines.delete(name);
      gone.push(name);
      engine.retire();
    }
    for (const entry of settings) {
      if (this.#engines.has(entry.name)) continue;
      const engine = new EngineUpstream(entry, this.#connectMs, this);
      this.#engines.set(entry.name, engine);
      engine.start();
    }
    this.#derive();
    for (const engine of this.#engines.values()) {
      if (engine.up) this.#listener.engineUp(engine, this.#namesOn(engine.name));
    }
    return gone;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#engines.values()].map((engine) => engine.close()));
  }

  engineUp(engine: EngineUpstream): void {
    if (this.#engines.get(engine.name) !== engine) return;
    this.#derive();
    this.#listener.engineUp(engine, this.#namesOn(engine.name));
  }

  engineDown(engine: EngineUpstream, why: string): void {
    if (this.#engines.get(engine.name) === engine) this.#listener.engineDown(engine, why);
  }

  engineReading(engine: EngineUpstream, reading: EngineReading): void {
    if (this.#engines.get(engine.name) === engine) this.#listener.engineReading(engine, reading);
  }

  #namesOn(engine: string): string[] {
    const names: string[] = [];
    for (const [name, route] of this.#routes) if (route.modelOn.has(engine)) names.push(name);
    return names;
  }

  #derive(): void {
    const routes = new Map<string, Map<string, string>>();
    for (const engine of this.#engines.values()) {
      const listed = engine.known ? engine.models.map(({ id }) => id) : namedModels(engine.settings);
      for (const id of listed) at(routes, id).set(engine.name, id);
    }
    // An alias takes its name over: the operator said where it goes.
    for (const alias of this.#aliases) {
      // Named for its price alone: it is served by whoever has a model of that name.
      if (alias.targets.length === 0) continue;
      const targets = new Map<string, string>();
      for (const { upstream, model } of alias.targets) if (this.#engines.has(upstream)) targets.set(upstream, model);
      routes.set(alias.name, targets);
    }
    this.#routes = new Map([...routes].map(([name, modelOn]) => [name, this.#routeOf(modelOn)]));
  }

  #routeOf(modelOn: Map<string, string>): Route {
    let continues = true;
    let contextTokens: number | undefined;
    for (const [name, model] of modelOn) {
      const engine = this.#engines.get(name)!;
      if (engine.adapter.continueStyle === 'none') continues = false;
      const context = engine.models.find(({ id }) => id === model)?.contextTokens;
      if (context !== undefined) contextTokens = Math.max(contextTokens ?? 0, context);
    }
    return { modelOn, continues, contextTokens };
  }
}

function namedModels(settings: UpstreamConfig): readonly string[] {
  return settings.models === 'auto' ? [] : settings.models;
}

function at(routes: Map<string, Map<string, string>>, name: string): Map<string, string> {
  let targets = routes.get(name);
  if (targets === undefined) {
    targets = new Map();
    routes.set(name, targets);
  }
  return targets;
}
