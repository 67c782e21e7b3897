import { once } from 'node:events';
import type { OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LimitBook, Scheduler } from '@offpeak/core';
import type { Usage } from '@offpeak/dialects';
import type { LlamaEngine, LlamaEngineOptions } from '@offpeak/engine';
import type { Logger } from 'pino';
import { Accounts } from './accounts.ts';
import { Capacity } from './capacity.ts';
import { isLoopback } from './config/address.ts';
import type { Config } from './config/config.ts';
import { Desk } from './desk.ts';
import { answerHeaders } from './http/answer-headers.ts';
import { BodyMemory } from './http/body-memory.ts';
import { Front } from './http/front.ts';
import { Listener } from './http/listener.ts';
import { LookupLimits } from './http/lookup-limits.ts';
import { LongTimers } from './http/long-timers.ts';
import type { Receipt } from './http/receipt.ts';
import { RequestIds } from './http/request-ids.ts';
import type { Services } from './http/services.ts';
import { Sessions } from './http/sessions.ts';
import { KeyRing } from './keys/ring.ts';
import { watchKeys, type KeyWatch } from './keys/watch.ts';
import type { Outcome } from './ledger/row.ts';
import type { LedgerWriter } from './ledger/writer.ts';
import { LocalModel } from './local-model.ts';
import type { OwnEngine } from './own-engine.ts';
import { Plans } from './plans.ts';
import { PriceList, type Bill } from './prices.ts';
import { Simulation } from './simulation.ts';
import { StartRefused } from './start-refused.ts';
import { oldLedgerRows, startRetention, type Retention } from './store/retention.ts';
import { openSqliteStore } from './store/sqlite/open.ts';
import type { Store } from './store/store.ts';
import { collectGauges } from './telemetry/gauges.ts';
import { createLogger, flushLogger } from './telemetry/logger.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import { collectProcessMetrics } from './telemetry/process.ts';
import { EngineEvents } from './upstreams/engine-events.ts';
import { Fleet } from './upstreams/fleet.ts';

/** A blocking wait for another process's write would hold every request; the ledger and the keys try again instead. */
const STORE_BUSY_MS = 25;
/** How often a drain looks whether everything is done. */
const DRAIN_CHECK_MS = 20;

export interface GatewayOptions {
  readonly config: Config;
  readonly logger?: Logger;
  /** How many times as fast as the modelled GPU the simulated engine is, where it stands in for upstreams. */
  readonly simulatedSpeed?: number;
  /** A GGUF model that this process is to run itself. */
  readonly gguf?: LlamaEngineOptions;
}

export interface Gateway {
  readonly url: string;
  readonly port: number;
  /** Whoever reaches it is served, without a key. */
  readonly open: boolean;
  /** No upstream is configured, and the simulated engine answers. */
  readonly simulated: boolean;
  /** The model that this process runs itself. */
  readonly localModel: LlamaEngine | null;
  /** Puts a new configuration in force. */
  reload(config: Config): Promise<void>;
  /** A new configuration was no good; only counted here. */
  configRefused(): void;
  /** Stops taking requests, lets what runs finish within the drain limit, and writes everything down. */
  close(): Promise<void>;
}

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const logger = options.logger ?? createLogger({ level: options.config.logs.level });
  const store = openSqliteStore(options.config.data, { busyMs: STORE_BUSY_MS });
  const house = new House(options, store, logger);
  try {
    await house.start();
    return house;
  } catch (error) {
    await house.close();
    throw error;
  }
}

/** Builds the server out of its parts and owns them. The only place that does. */
class House implements Gateway, Services {
  config: Config;
  draining = false;
  readonly desk: Desk;
  readonly fleet: Fleet;
  readonly plans: Plans;
  readonly sessions: Sessions = new Sessions();
  readonly lookups: LookupLimits;
  readonly bodies: BodyMemory;
  readonly timers: LongTimers = new LongTimers();

  readonly store: Store;
  readonly #logger: Logger;
  readonly #metrics: Metrics = createMetrics();
  readonly #accounts: Accounts;
  readonly #capacity: Capacity;
  readonly #ring: KeyRing = new KeyRing();
  readonly #limits: LimitBook;
  readonly #requestIds: RequestIds = new RequestIds();
  readonly #ownEngine: OwnEngine;
  readonly #listener: Listener;
  #listened = false;
  #keyWatch: KeyWatch | null = null;
  #retentions: readonly Retention[] = [];
  #stopProcessMetrics: (() => void) | null = null;

  constructor(options: GatewayOptions, store: Store, logger: Logger) {
    const { config } = options;
    this.config = config;
    this.store = store;
    this.#logger = logger;
    this.#ownEngine =
      options.gguf === undefined ? new Simulation(options.simulatedSpeed ?? 1) : new LocalModel(options.gguf);
    this.plans = new Plans(config);
    this.lookups = new LookupLimits((project) => this.plans.lookupsPerMinuteOf(project));
    this.#limits = new LimitBook({ limitsFor: (project, _model, tier) => this.plans.limitsOf(project, tier) });
    const { queueTicketsMax, queueBytesMax } = config.server;
    this.bodies = new BodyMemory(queueBytesMax);
    this.#capacity = new Capacity(config.slo);
    this.desk = new Desk(
      new Scheduler({
        gate: this.#limits,
        limits: { queueTicketsMax, queueBytesMax },
        capacity: this.#capacity.modelOf,
      }),
    );
    this.fleet = new Fleet(new EngineEvents(this.desk, this.#metrics, logger), config.server.upstreamConnectMsMax);
    this.#accounts = new Accounts(
      config,
      new PriceList(config, this.plans),
      store,
      this.#metrics,
      logger,
      (model) => this.fleet.route(model) !== undefined,
    );
    const front = new Front(this);
    this.#listener = new Listener(config.server, (req, res) => {
      front.handle(req, res);
    });
  }

  async start(): Promise<void> {
    const { config } = this;
    this.#keyWatch = await watchKeys({
      store: this.store,
      ring: this.#ring,
      onError: (error) => {
        this.#logger.warn({ err: error }, 'keys could not be read; the known ones go on working');
      },
    });
    await this.store.ensureProjects(
      config.projects.map(({ name }) => name),
      Date.now(),
    );
    this.#refuseUnsafe(config);
    this.#retentions = this.#startRetentions();
    this.#stopProcessMetrics = collectProcessMetrics(this.#metrics.registry);
    const { server } = this.#listener;
    collectGauges(this.#metrics, this.desk, this.fleet, server, this.#accounts.ledger);
    await this.#applyUpstreams(config);
    server.listen(config.listen.port, config.listen.host);
    await once(server, 'listening');
    this.#listened = true;
    this.#logger.info({ url: this.url, open: this.open, simulated: this.simulated }, 'listening');
    if (this.open) this.#logger.warn('open: whoever reaches this address is served without a key');
  }

  get port(): number {
    return (this.#listener.server.address() as AddressInfo).port;
  }

  get url(): string {
    const { host } = this.config.listen;
    return `http://${host.includes(':') ? `[${host}]` : host}:${this.port}`;
  }

  /** Without a word in the configuration, a loopback address is open until the first key is made. */
  get open(): boolean {
    if (this.config.authStated) return this.config.auth === 'open';
    return this.config.auth === 'open' && !this.#ring.everMade;
  }

  get simulated(): boolean {
    return this.#ownEngine.simulates;
  }

  get localModel(): LlamaEngine | null {
    return this.#ownEngine instanceof LocalModel ? this.#ownEngine.engine : null;
  }

  get keys(): KeyRing | null {
    return this.open ? null : this.#ring;
  }

  get ledger(): LedgerWriter {
    return this.#accounts.ledger;
  }

  nextRequestId(): string {
    return this.#requestIds.next();
  }

  authRefused(): void {
    this.#metrics.authRefused.labels({}).inc();
  }

  reportFault(error: unknown, requestId: string): void {
    this.#logger.error({ err: error, id: requestId }, 'a fault of Offpeak itself');
  }

  upstreamFailed(upstream: string, kind: string): void {
    this.#metrics.upstreamErrors.labels({ upstream, kind }).inc();
  }

  bill(receipt: Receipt, usage: Usage): Bill {
    return this.#accounts.bill(receipt, usage);
  }

  book(receipt: Receipt, outcome: Outcome, status: number, usage: Usage, bill: Bill): void {
    this.#accounts.book(receipt, outcome, status, usage, bill);
  }

  answerHeaders(receipt: Receipt, settled: boolean): OutgoingHttpHeaders {
    const { identity, model, servedTier } = receipt;
    return answerHeaders(receipt, this.#limits.report(identity.project, model, servedTier, this.desk.now()), settled);
  }

  unready(): readonly string[] {
    const reasons: string[] = [];
    if (this.draining) reasons.push('it is stopping');
    const ledger = this.ledger.health();
    if (!ledger.ok) reasons.push(ledger.reason);
    const served = [...this.fleet.engines].some(({ up }) => up) || [...this.fleet.providers].some(({ known }) => known);
    if (!served) reasons.push('no upstream is up');
    return reasons;
  }

  exposeMetrics(): string {
    return this.#metrics.registry.expose();
  }

  async reload(config: Config): Promise<void> {
    this.config = config;
    this.plans.use(config);
    this.#capacity.use(config.slo);
    this.#accounts.use(config, new PriceList(config, this.plans));
    this.#logger.level = config.logs.level;
    this.#listener.server.maxConnections = config.server.connectionsMax;
    await this.store.ensureProjects(
      config.projects.map(({ name }) => name),
      Date.now(),
    );
    await this.#applyUpstreams(config);
    this.desk.tellAll((owner) => {
      owner.reconfigured();
    });
    this.#metrics.configReloads.labels({ result: 'applied' }).inc();
    this.#logger.info('the new configuration is in force');
  }

  configRefused(): void {
    this.#metrics.configReloads.labels({ result: 'refused' }).inc();
  }

  async close(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    let connected = true;
    this.#listener.stop(() => {
      connected = false;
    });
    // What would be evicted anyway does not hold up a stop; what a person waits for gets its time.
    this.desk.tellAll((owner) => {
      if (owner.waitsEvictable) owner.stop();
    });
    const until = performance.now() + this.config.server.drainMsMax;
    // Connections, not tickets: an answer that is complete may still have to be delivered.
    while (connected && performance.now() < until) {
      this.#listener.closeIdle();
      await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    }
    this.desk.tellAll((owner) => {
      owner.stop();
    });
    this.#listener.closeAll();
    this.desk.close();
    this.timers.stop();
    await this.fleet.close();
    await this.#ownEngine.stop();
    for (const retention of this.#retentions) await retention.stop();
    await this.#keyWatch?.stop();
    await this.ledger.close();
    await this.store.close();
    this.#stopProcessMetrics?.();
    if (this.#listened) this.#logger.info('stopped');
    await flushLogger(this.#logger);
  }

  async #applyUpstreams(config: Config): Promise<void> {
    const upstreams = await this.#ownEngine.upstreams(config.upstreams);
    const gone = this.fleet.apply(upstreams, config.models);
    for (const engine of gone) this.desk.send({ kind: 'engine-removed', at: this.desk.now(), engine });
  }

  #startRetentions(): Retention[] {
    const { store } = this;
    const ledger = startRetention({
      trim: oldLedgerRows(store, () => this.config.ledger.keepMs),
      onError: (error) => {
        this.#logger.warn({ err: error }, 'old ledger rows could not be deleted');
      },
    });
    const responses = startRetention({
      trim: (at, rowsMax) => store.trimResponses(at, rowsMax),
      onError: (error) => {
        this.#logger.warn({ err: error }, 'stored answers that have expired could not be deleted');
      },
    });
    return [ledger, responses];
  }

  #refuseUnsafe(config: Config): void {
    const { host } = config.listen;
    if (isLoopback(host)) return;
    if (config.auth === 'open')
      throw new StartRefused(`${host} can be reached from other machines; it cannot be open.`);
    if (this.#ring.size > 0) return;
    throw new StartRefused(
      `${host} can be reached from other machines and there is no key yet. Make one first: offpeak keys create`,
    );
  }
}
