import { Pool, type Dispatcher } from 'undici';
import type { CapacitySpec } from '@offpeak/core';
import type { EngineConfig } from '../config/config.ts';
import { ADAPTERS, adapterOfOwner, type EngineAdapter } from './adapters.ts';
import { Breaker } from './breaker.ts';
import { EngineWork } from './engine-work.ts';
import { readExposition, type EngineReading } from './exposition.ts';

/** How often an engine is asked whether it lives, what it serves, and how full it is; and how long each answer may take. */
export const PROBE_EVERY_MS = 1_000;
export const PROBE_TIMEOUT_MS = 2_000;
export const DISCOVER_EVERY_MS = 15_000;
/** A metrics page or model list larger than this is not one. */
export const PROBE_BYTES_MAX: number = 8 * 1024 * 1024;

export interface EngineModel {
  readonly id: string;
  readonly contextTokens?: number;
  readonly owner?: string;
}

export interface EngineListener {
  /** The engine can be sent to; called again when its models or its capacity change. */
  engineUp(engine: EngineUpstream): void;
  engineDown(engine: EngineUpstream, why: string): void;
  engineReading(engine: EngineUpstream, reading: EngineReading): void;
}

/** One engine of the operator's: its connection pool, its health, and what it said of itself. */
export class EngineUpstream {
  readonly name: string;
  /** With `engine: auto`, plain OpenAI until the engine's model list has told more. */
  adapter: EngineAdapter;
  readonly settings: EngineConfig;
  readonly breaker: Breaker = new Breaker();
  readonly work: EngineWork = new EngineWork();
  models: readonly EngineModel[] = [];
  up = false;
  /** It was reached at least once, so its model list is known. */
  known = false;

  readonly #pool: Pool;
  readonly #listener: EngineListener;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  #timer: NodeJS.Timeout | null = null;
  #discoveredAt = Number.NEGATIVE_INFINITY;
  #kvTokens: number | undefined;
  #slots: number | undefined;
  #closed = false;

  constructor(settings: EngineConfig, connectMs: number, listener: EngineListener) {
    this.name = settings.name;
    this.adapter = settings.engine === 'auto' ? ADAPTERS.openai : ADAPTERS[settings.engine];
    this.settings = settings;
    this.#listener = listener;
    const url = new URL(settings.url);
    // Operators write the base with or without the version; the paths below carry it.
    this.#path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#headers = { ...settings.headers, 'content-type': 'application/json', accept: '*/*' };
    if (settings.apiKey !== undefined) this.#headers['authorization'] = `Bearer ${settings.apiKey}`;
    this.#pool = new Pool(url.origin, { connect: { timeout: connectMs }, pipelining: 1 });
  }

  get capacity(): CapacitySpec {
    const stated = this.settings.capacity;
    const slots = stated.slots === 'auto' ? (this.#slots ?? this.adapter.slotsAssumed ?? 'auto') : stated.slots;
    const kvTokens = stated.kvTokens ?? this.#kvTokens;
    return kvTokens === undefined ? { slots } : { slots, kvTokens };
  }

  start(): void {
    void this.#probe();
  }

  /** Nothing new is sent; what runs goes on to its end, and then the connections close. */
  retire(): void {
    this.#stopProbing();
    void this.#pool.close();
  }

  async close(): Promise<void> {
    this.#stopProbing();
    await this.#pool.destroy();
  }

  #stopProbing(): void {
    this.#closed = true;
    this.up = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Sends a request body; the run itself watches over its silence. `path` begins with `/v1/`. */
  send(path: string, body: Buffer, run: Dispatcher.DispatchHandler): void {
    this.#pool.dispatch(
      { path: this.#path + path, method: 'POST', headers: this.#headers, body, headersTimeout: 0, bodyTimeout: 0 },
      run,
    );
  }

  requestSucceeded(): void {
    this.breaker.succeeded();
  }

  /** A request failed for a reason that is the engine's: connection, 5xx, a broken or silent stream. */
  requestFailed(why: string): void {
    if (this.breaker.failed(performance.now())) this.#goDown(why);
  }

  async #probe(): Promise<void> {
    const at = performance.now();
    if (this.breaker.mayProbe(at)) {
      try {
        const reading = await this.#ask(at);
        if (this.#isClosed()) return;
        this.breaker.succeeded();
        if (!this.up) {
          this.up = true;
          this.work.begin(performance.now());
          this.#listener.engineUp(this);
        }
        // Of an engine that is not up, nobody would hear it.
        if (reading !== null) this.#listener.engineReading(this, reading);
      } catch (error) {
        if (this.#isClosed()) return;
        // Never reached yet: nothing to open, and the next probe may find it started.
        if (!this.known) this.#listener.engineDown(this, reasonOf(error));
        else if (this.breaker.failed(performance.now())) this.#goDown(reasonOf(error));
      }
    }
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#probe(), PROBE_EVERY_MS);
    this.#timer.unref();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #goDown(why: string): void {
    this.up = false;
    this.#listener.engineDown(this, why);
  }

  async #ask(at: number): Promise<EngineReading | null> {
    if (!this.up || at - this.#discoveredAt >= DISCOVER_EVERY_MS) {
      await this.#discover();
      this.#discoveredAt = at;
    } else if (this.adapter.gauges === null) {
      await this.#get(this.adapter.healthPath);
    }
    return this.adapter.gauges === null ? null : this.#read(this.adapter.gauges);
  }

  async #discover(): Promise<void> {
    const before = JSON.stringify([this.models, this.capacity]);
    const { models } = this.settings;
    if (models === 'auto' || this.settings.engine === 'auto') {
      const listed = modelsOf(await this.#get('/v1/models'));
      if (this.settings.engine === 'auto') this.adapter = adapterOfOwner(listed[0]?.owner);
      this.models = models === 'auto' ? listed : listed.filter(({ id }) => models.includes(id));
    } else await this.#get(this.adapter.healthPath);
    if (models !== 'auto') this.models = models.map((id) => this.models.find((model) => model.id === id) ?? { id });
    if (this.adapter.slotsPath !== null) {
      const slots = (JSON.parse(await this.#get(this.adapter.slotsPath)) as { total_slots?: unknown }).total_slots;
      if (typeof slots === 'number' && slots > 0) this.#slots = slots;
    }
    this.known = true;
    if (this.up && JSON.stringify([this.models, this.capacity]) !== before) this.#listener.engineUp(this);
  }

  /** Metrics are a correction and never a condition: an engine whose `/metrics` is off is as healthy as its health path says. */
  async #read(gauges: NonNullable<EngineAdapter['gauges']>): Promise<EngineReading | null> {
    let text: string;
    try {
      text = await this.#get('/metrics');
    } catch {
      await this.#get(this.adapter.healthPath);
      return null;
    }
    const reading = readExposition(text, gauges);
    if (reading.kvTokens !== undefined && reading.kvTokens !== this.#kvTokens) {
      this.#kvTokens = reading.kvTokens;
      if (this.up) this.#listener.engineUp(this);
    }
    return reading;
  }

  async #get(path: string): Promise<string> {
    const answer = await this.#pool.request({
      path: this.#path + path,
      method: 'GET',
      headers: this.#headers,
      headersTimeout: PROBE_TIMEOUT_MS,
      bodyTimeout: PROBE_TIMEOUT_MS,
    });
    let text = '';
    answer.body.setEncoding('utf8');
    for await (const piece of answer.body) {
      text += String(piece);
      if (text.length > PROBE_BYTES_MAX) throw new Error(`${path} answered more than ${PROBE_BYTES_MAX} bytes`);
    }
    if (answer.statusCode !== 200) throw new Error(`${path} answered ${answer.statusCode}`);
    return text;
  }
}

function modelsOf(text: string): EngineModel[] {
  const { data } = JSON.parse(text) as { data?: unknown };
  if (!Array.isArray(data)) throw new Error('/v1/models answered without a list of models');
  const models: EngineModel[] = [];
  for (const entry of data as { id?: unknown; max_model_len?: unknown; owned_by?: unknown }[]) {
    if (typeof entry.id !== 'string') continue;
    models.push({
      id: entry.id,
      ...(typeof entry.max_model_len === 'number' ? { contextTokens: entry.max_model_len } : {}),
      ...(typeof entry.owned_by === 'string' ? { owner: entry.owned_by } : {}),
    });
  }
  return models;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const { code } = error as { code?: string };
  return code === undefined ? error.message : `${code}: ${error.message}`;
}
