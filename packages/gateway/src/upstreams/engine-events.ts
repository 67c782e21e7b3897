import type { Place } from '@offpeak/core';
import type { Logger } from 'pino';
import type { Desk } from '../desk.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { EngineUpstream } from './engine-upstream.ts';
import type { EngineReading } from './exposition.ts';
import type { FleetListener } from './fleet.ts';
import type { Lane } from './lanes.ts';
import type { ProviderUpstream } from './provider-upstream.ts';

/** What happens to engines, told to the scheduler, to the metrics and, when it changes, to the log. */
export class EngineEvents implements FleetListener {
  readonly #desk: Desk;
  readonly #metrics: Metrics;
  readonly #logger: Logger;
  /** Engines that were last reported down, so that each outage is logged once. */
  readonly #down = new Set<string>();

  constructor(desk: Desk, metrics: Metrics, logger: Logger) {
    this.#desk = desk;
    this.#metrics = metrics;
    this.#logger = logger;
  }

  engineUp(engine: EngineUpstream, places: Readonly<Record<string, Place>>): void {
    const { name, capacity } = engine;
    const models = Object.keys(places);
    this.#down.delete(name);
    this.#metrics.upstreamUp.labels({ upstream: name }).set(1);
    this.#logger.info({ upstream: name, models, capacity }, 'upstream is up');
    this.#desk.send({ kind: 'engine-up', at: this.#desk.now(), engine: name, models, capacity, places });
  }

  engineDown(engine: EngineUpstream, why: string): void {
    this.#metrics.upstreamUp.labels({ upstream: engine.name }).set(0);
    if (this.#down.has(engine.name)) return;
    this.#down.add(engine.name);
    this.#logger.warn({ upstream: engine.name, why }, 'upstream is down');
    this.#desk.send({ kind: 'engine-down', at: this.#desk.now(), engine: engine.name });
  }

  engineReading(engine: EngineUpstream, reading: EngineReading): void {
    const { waiting, running, kvUsage } = reading;
    // A page that answers and tells nothing is no reading: an engine that once had metrics has lost them.
    if (waiting === undefined && running === undefined && kvUsage === undefined) return;
    this.#desk.send({
      kind: 'engine-stats',
      at: this.#desk.now(),
      engine: engine.name,
      ...(waiting === undefined ? {} : { waiting }),
      ...(running === undefined ? {} : { running }),
      ...(kvUsage === undefined ? {} : { kvUsage }),
    });
  }

  laneUp(lane: Lane): void {
    const { id, tier, places } = lane;
    const { concurrency } = lane.upstream.settings;
    this.#desk.send({
      kind: 'engine-up',
      at: this.#desk.now(),
      engine: id,
      models: Object.keys(places),
      capacity: { slots: concurrency, provider: true },
      tiers: [tier],
      places: { ...places },
    });
  }

  laneGone(lane: Lane): void {
    this.#desk.send({ kind: 'engine-removed', at: this.#desk.now(), engine: lane.id });
  }

  providerListed(provider: ProviderUpstream): void {
    this.#down.delete(provider.name);
    this.#metrics.upstreamUp.labels({ upstream: provider.name }).set(1);
    this.#logger.info({ upstream: provider.name, models: provider.models.length }, 'provider listed its models');
  }

  providerSilent(provider: ProviderUpstream, why: string): void {
    if (this.#down.has(provider.name)) return;
    this.#down.add(provider.name);
    this.#metrics.upstreamUp.labels({ upstream: provider.name }).set(0);
    this.#logger.warn({ upstream: provider.name, why }, 'the provider does not list its models');
  }
}
