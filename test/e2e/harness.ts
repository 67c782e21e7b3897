import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startSimEngine, type SimEngine, type SimEngineOptions } from '@offpeak/engine';
import {
  createLogger,
  DATABASE_FILE,
  loadConfig,
  openSqliteStore,
  startGateway,
  type Config,
  type Gateway,
  type Store,
} from '@offpeak/gateway';

/** A gateway with its engines, over real sockets, in a folder of its own. */
export interface House {
  readonly gateway: Gateway;
  readonly engines: readonly SimEngine[];
  readonly data: string;
  readonly url: string;
  /** What Prometheus would see, one line per series. */
  metrics(): Promise<string>;
  /** All ledger rows, oldest first, after everything in memory was written. */
  ledger(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly engines?: readonly (SimEngineOptions & { readonly slots?: number; readonly kind?: string })[];
  /** Further upstreams, each as its line of YAML. */
  readonly upstreams?: readonly string[];
  /** YAML below the upstreams. */
  readonly config?: string;
  /** Where the log goes; nowhere by default. */
  readonly log?: (line: string) => void;
  /** False: do not wait until an engine is up. */
  readonly ready?: boolean;
}

/** Engines run far faster than real ones, so that tests take milliseconds; the shapes of things stay. */
export const TEST_SPEED = 50;

export async function startHouse(options: HouseOptions = {}): Promise<House> {
  const data = await mkdtemp(join(tmpdir(), 'offpeak-test-'));
  const wanted = options.engines ?? (options.upstreams === undefined ? [{}] : []);
  const engines: SimEngine[] = [];
  const lines: string[] = [];
  for (const [index, { slots, kind, ...engine }] of wanted.entries()) {
    const started = await startSimEngine({ speed: TEST_SPEED, ...engine });
    engines.push(started);
    const capacity = slots === undefined ? 'auto' : `{ slots: ${slots} }`;
    lines.push(
      `  - { name: gpu-${index}, kind: engine, engine: ${kind ?? 'vllm'}, url: "${started.url}", capacity: ${capacity} }`,
    );
  }
  for (const line of options.upstreams ?? []) lines.push(`  - ${line}`);
  const text = `data: ${data}\nlisten: 127.0.0.1:0\nupstreams:\n${lines.join('\n')}\n${options.config ?? ''}`;
  const { log } = options;
  const logger = createLogger(
    log === undefined ? { level: 'silent' } : { level: 'debug', destination: { write: log }, pretty: false },
  );
  const gateway = await startGateway({ config: configOf(text), logger });
  if (options.ready !== false) {
    await untilReady(gateway.url);
    // A provider is ready at once; the engines beside it are asked what they serve first.
    const up = engines.map((_, index) => `offpeak_upstream_up{upstream="gpu-${index}"} 1`);
    await until(async () => {
      const metrics = await metricsOf(gateway.url);
      return up.every((line) => metrics.includes(line));
    }, 'every engine is up');
  }
  return {
    gateway,
    engines,
    data,
    url: gateway.url,
    metrics: () => metricsOf(gateway.url),
    ledger: async () => {
      await until(
        async () => /^offpeak_ledger_rows_waiting 0$/m.test(await metricsOf(gateway.url)),
        'the ledger is written',
      );
      return readLedger(data);
    },
    close: async () => {
      await gateway.close();
      await Promise.all(engines.map((engine) => engine.close()));
      await rm(data, { recursive: true, force: true });
    },
  };
}

export function configOf(text: string): Config {
  const loaded = loadConfig(text, { env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config;
}

export async function untilReady(url: string): Promise<void> {
  await until(async () => (await fetch(`${url}/readyz`)).ok, 'the gateway is ready');
}

const UNTIL_MS_MAX = 45_000;
const UNTIL_STEP_MS = 10;

export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + UNTIL_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it did not come about in ${UNTIL_MS_MAX} ms that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, UNTIL_STEP_MS));
  }
}

export async function withStore<T>(data: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openSqliteStore(data);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function metricsOf(url: string): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

function readLedger(data: string): Record<string, unknown>[] {
  const db = new DatabaseSync(join(data, DATABASE_FILE), { readOnly: true });
  try {
    return db.prepare('SELECT * FROM ledger ORDER BY rowid').all();
  } finally {
    db.close();
  }
}
