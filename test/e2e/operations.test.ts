import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATABASE_FILE } from '@offpeak/gateway';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readMetrics, total } from './books.ts';
import {
  chunk,
  DONE,
  openStream,
  startFakeEngine,
  upstreamLine,
  usageChunk,
  works,
  type FakeEngine,
} from './fake-engine.ts';
import { configOf, startHouse, until, untilReady } from './harness.ts';
import { Offpeak, offpeak } from './processes.ts';
import { RawClient, rawPost } from './raw-client.ts';
import { CHAT_PATHS, chat, chatBody, eventsIn, problemIn, textIn } from './requests.ts';

const ENGINE_KEY = 'sk-engine-key-of-the-operator';

let folder: string;
let fake: FakeEngine;
let server: Offpeak;
let url: string;
const file = (): string => join(folder, 'offpeak.yaml');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-operations-'));
  fake = await startFakeEngine(works);
});
afterEach(async () => {
  await server.dispose();
  await fake.close();
  await rm(folder, { recursive: true, force: true });
});

function settings(rest = ''): string {
  const upstream = upstreamLine('gpu-0', fake.url, `capacity: { slots: 1 }, apiKey: ${ENGINE_KEY}`);
  return `data: data\nlisten: 127.0.0.1:0\nupstreams:\n  - ${upstream}\n${rest}`;
}

async function serve(rest = ''): Promise<void> {
  await writeFile(file(), settings(rest));
  server = new Offpeak(['serve'], { cwd: folder });
  url = await server.url();
  await untilReady(url);
}

async function metrics(): Promise<string> {
  return (await fetch(`${url}/metrics`)).text();
}

function ledger(): Record<string, unknown>[] {
  const db = new DatabaseSync(join(folder, 'data', DATABASE_FILE), { readOnly: true });
  try {
    return db.prepare('SELECT * FROM ledger ORDER BY rowid').all();
  } finally {
    db.close();
  }
}

describe('SIGTERM', () => {
  test('lets what runs finish, refuses the flex that waits, writes everything down, and ends with 0', async () => {
    await serve();
    let finish: (() => void) | undefined;
    fake.script = (res) => {
      openStream(res);
      res.write(chunk('one '));
      finish = () => res.end(chunk('two') + chunk('', 'stop') + usageChunk(3, 2) + DONE);
    };
    const stream = new RawClient(url).write(rawPost(CHAT_PATHS.openai, chatBody({ stream: true })));
    await stream.untilReceived('one');
    const waiting = [
      new RawClient(url).write(rawPost(CHAT_PATHS.openai, chatBody({ service_tier: 'flex' }))),
      new RawClient(url).write(rawPost(CHAT_PATHS.groq, chatBody({ service_tier: 'flex', stream: true }))),
    ];
    await until(async () => total(readMetrics(await metrics()), 'offpeak_queue_depth') === 2, 'flex waits');

    server.send('SIGTERM');
    for (const [index, client] of waiting.entries()) {
      const refused = await client.answer();
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after-ms']).toBeDefined();
      expect(problemIn(refused.body, index === 0 ? 'openai' : 'groq')).toMatchObject({ code: 'server_draining' });
    }
    const late = new RawClient(url);
    await late.untilEnded();
    expect(late.received).toBe('');
    expect(stream.ended).toBe(false);

    finish!();
    expect(textIn((await stream.answer()).body)).toBe('one two');
    expect(await server.ended()).toBe(0);
    expect(server.stdout).toContain('"msg":"stopped"');
    expect(
      ledger()
        .map(({ outcome, served_tier: tier }) => `${String(tier)} ${String(outcome)}`)
        .sort(),
    ).toEqual(['flex refused', 'flex refused', 'standard completed']);
  });

  test('does not wait for ever: who still runs at the limit is told so', async () => {
    await serve('server: { drainMax: 300ms }');
    fake.script = (res) => {
      openStream(res);
      res.write(chunk('one '));
    };
    const stream = new RawClient(url).write(rawPost(CHAT_PATHS.openai, chatBody({ stream: true })));
    await stream.untilReceived('one');
    server.send('SIGTERM');
    await stream.untilEnded();
    expect(stream.received).toContain('server_draining');
    expect(await server.ended()).toBe(0);
    expect(ledger()).toMatchObject([{ outcome: 'failed', cost_nano_usd: 0 }]);
  });

  test('twice ends it at once', async () => {
    await serve();
    fake.script = () => undefined;
    const client = new RawClient(url).write(rawPost(CHAT_PATHS.openai, chatBody()));
    await until(() => fake.received === 1, 'the engine has it');
    server.send('SIGTERM');
    await until(
      async () =>
        fetch(`${url}/healthz`).then(
          () => false,
          () => true,
        ),
      'it takes no connections',
    );
    server.send('SIGTERM');
    expect(await server.ended()).toBe(1);
    client.vanish();
  });
});

test('a large answer that is complete but not delivered is delivered before the server stops', async () => {
  const large = 'x'.repeat(16 * 1024 * 1024);
  fake.script = (res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ object: 'chat.completion', choices: [], large }));
  };
  const house = await startHouse({ upstreams: [upstreamLine('gpu-0', fake.url)] });
  server = await offpeak(['--version']);
  const raw = new RawClient(house.url);
  raw.socket.pause();
  raw.write(rawPost(CHAT_PATHS.openai, chatBody()));
  await until(() => fake.received === 1 && fake.open === 0, 'the engine is done');
  const closed = house.close();
  await until(
    async () =>
      fetch(`${house.url}/healthz`).then(
        () => false,
        () => true,
      ),
    'it takes no connections',
  );
  raw.socket.resume();
  await until(() => raw.ended, 'the connection is closed');
  expect(JSON.parse((await raw.answer()).body)).toMatchObject({ large });
  await closed;
});

describe('a configuration that changes', () => {
  const limited = (perMinute: number): string =>
    `projects: [{ name: default, limits: { standard: { requestsPerMinute: ${perMinute} } } }]\n`;

  async function untilReloads(result: string, count: number): Promise<void> {
    await until(
      async () => total(readMetrics(await metrics()), 'offpeak_config_reloads_total', { result }) === count,
      `${count} files are ${result}`,
    );
  }

  async function rateLimit(): Promise<string | null> {
    const answer = await chat({ url });
    await answer.text();
    return answer.headers.get('x-ratelimit-limit-requests');
  }

  test('is in force without a restart; a bad one is refused with its place, and the old one stays', async () => {
    await serve(limited(1_000));
    expect(await rateLimit()).toBe('1000');
    await writeFile(file(), settings(limited(2_000)));
    await untilReloads('applied', 1);
    expect(await rateLimit()).toBe('2000');

    await writeFile(file(), settings(limited(-1)));
    await untilReloads('refused', 1);
    expect(await rateLimit()).toBe('2000');
    await until(() => /offpeak\.yaml:\d+:\d+: projects\[0\]\.limits/.test(server.stdout), 'the log says where');

    await rm(file());
    await untilReloads('refused', 2);
    expect(await rateLimit()).toBe('2000');

    await writeFile(file(), settings(limited(3_000)));
    await untilReloads('applied', 2);
    server.send('SIGHUP');
    await untilReloads('applied', 3);
    expect(await rateLimit()).toBe('3000');
    expect(server.exitCode).toBeNull();
  });

  test('can take an engine away and bring another, while a stream runs on the old one', async () => {
    await serve();
    let finish: (() => void) | undefined;
    fake.script = (res) => {
      openStream(res);
      res.write(chunk('one '));
      finish = () => res.end(chunk('two') + chunk('', 'stop') + DONE);
    };
    const stream = new RawClient(url).write(rawPost(CHAT_PATHS.openai, chatBody({ stream: true })));
    await stream.untilReceived('one');
    const other = await startFakeEngine(works);
    try {
      await writeFile(
        file(),
        settings()
          .replace(upstreamLine('gpu-0', fake.url), '')
          .replaceAll('gpu-0', 'gpu-1')
          .replaceAll(fake.url, other.url),
      );
      await untilReloads('applied', 1);
      await untilReady(url);
      const answer = await chat({ url });
      expect(answer.headers.get('offpeak-upstream')).toBe('gpu-1');
      await answer.text();
      finish!();
      expect(eventsIn((await stream.answer()).body).at(-1)).toBe('[DONE]');
      await until(async () => !(await metrics()).includes('upstream="gpu-0",state'), 'the old one is forgotten');
    } finally {
      server.send('SIGTERM');
      await server.ended();
      await other.close();
    }
  });
});

describe('keys', () => {
  const asked = (key?: string): Promise<Response> =>
    chat({ url }, {}, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } });

  test('that are made and revoked on the command line count in the running server, and are in no log', async () => {
    await serve('logs: { level: debug, requests: true }');
    expect(server.stderr).toContain('NONE: open to every program on this machine');
    await until(() => server.stdout.includes('open: whoever reaches this address'), 'the log warns');
    expect((await asked()).status).toBe(200);

    const made = await offpeak(['keys', 'create', '--project', 'evals'], { cwd: folder });
    const key = made.stdout.trim();
    await until(async () => (await asked()).status === 401, 'it is open no more');
    expect((await asked(key)).status).toBe(200);
    const wrong = await asked(`${key}x`);
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    const problem = await wrong.text();
    expect(problemIn(problem)).toMatchObject({ code: 'invalid_api_key' });
    expect(problem).not.toContain(key);
    for (const path of ['/v1/models', '/openai/v1/models', '/v1/models/sim-8b']) {
      expect((await fetch(url + path)).status).toBe(401);
    }
    for (const path of ['/healthz', '/readyz', '/metrics']) expect((await fetch(url + path)).status).toBe(200);

    expect((await offpeak(['keys', 'revoke', key.split('_')[1]!], { cwd: folder })).exitCode).toBe(0);
    await until(async () => (await asked(key)).status === 401, 'the key is revoked');

    server.send('SIGTERM');
    expect(await server.ended()).toBe(0);
    // The secret is all after the id: underscores are among its own characters.
    for (const secret of [key, key.split('_').slice(2).join('_'), ENGINE_KEY]) {
      expect(server.stdout).not.toContain(secret);
      expect(server.stderr).not.toContain(secret);
    }
    expect(server.stdout).toContain('"project":"evals"');
    for (const line of server.stdout.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
    const rows = ledger();
    expect(rows.every(({ outcome }) => outcome === 'completed')).toBe(true);
    expect(new Set(rows.map(({ project }) => project))).toEqual(new Set(['default', 'evals']));
  });
});

test('the metrics page can be read, and has every name that is promised', async () => {
  server = await offpeak(['--version']);
  const house = await startHouse({ config: 'models: [{ name: sim-8b, price: { input: 1, output: 2 } }]' });
  for (const tier of ['flex', 'priority']) await (await chat(house, { service_tier: tier, stream: true })).text();
  await house.ledger();
  const page = await house.metrics();
  expect((await fetch(`${house.url}/metrics`)).headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const described = new Map<string, string>();
  for (const line of page.trim().split('\n')) {
    const [, name, type] = /^# TYPE (\w+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (name !== undefined) described.set(name, type!);
    if (line.startsWith('#')) continue;
    expect(line).toMatch(/^\w+(\{(\w+="([^"\\\n]|\\.)*",?)+\})? (-?[\d.]+(e[-+]?\d+)?|\+Inf|NaN)$/);
    const family = /^\w+/.exec(line)![0];
    expect(described.has(family) || described.has(family.replace(/_(bucket|sum|count)$/, ''))).toBe(true);
  }
  expect(Object.fromEntries(described)).toMatchObject({
    offpeak_requests_total: 'counter',
    offpeak_queue_depth: 'gauge',
    offpeak_wait_seconds: 'histogram',
    offpeak_ttft_seconds: 'histogram',
    offpeak_tpot_seconds: 'histogram',
    offpeak_tokens_total: 'counter',
    offpeak_evictions_total: 'counter',
    offpeak_wasted_tokens_total: 'counter',
    offpeak_engine_slots: 'gauge',
    offpeak_cost_usd_total: 'counter',
    offpeak_saved_usd_total: 'counter',
  });
  const samples = readMetrics(page);
  expect(total(samples, 'offpeak_ttft_seconds_count', { tier: 'flex' })).toBe(1);
  expect(total(samples, 'offpeak_saved_usd_total')).toBeGreaterThan(0);
  await house.close();
});

test('a reload in process changes what is logged and which limits hold', async () => {
  server = await offpeak(['--version']);
  const lines: string[] = [];
  const house = await startHouse({ log: (line) => lines.push(line) });
  const config = configOf(
    `data: ${house.data}\nlisten: 127.0.0.1:0\nlogs: { requests: true }\nupstreams: [{ name: gpu-0, kind: engine, engine: vllm, url: "${house.engines[0]!.url}" }]`,
  );
  await house.gateway.reload(config);
  await untilReady(house.url);
  await (await chat(house)).text();
  await house.close();
  expect(lines.some((line) => line.includes('"msg":"request"'))).toBe(true);
});
