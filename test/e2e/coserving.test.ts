import { DEFAULT_SHADOW_SETTINGS } from '@offpeak/core';
import { startSimEngine, type SimEngine } from '@offpeak/engine';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total, Witness } from './books.ts';
import { chunk, openStream, startFakeEngine, upstreamLine, works, type FakeEngine } from './fake-engine.ts';
import { configOf, startHouse, until, type House, type HouseOptions } from './harness.ts';
import { hold } from './occupy.ts';
import { RawClient, rawPost } from './raw-client.ts';
import { CHAT_PATHS, chat, chatBody } from './requests.ts';
import { speak, type Heard, type Spoken, type Voice } from './voice.ts';

/** What the model of an engine learns from the streams that pass, what it lets in, and what is told of it. */

/** Steps of 40 ms, so that the jitter of a busy machine is small beside them. */
const LARGE = { profile: 'h100-70b-tp8-2023', speed: 0.5 } as const;
/** Nor is the machine made busier by looking all the time, and where it is busy, learning takes longer. */
const LOOK_MS = 200;
const SEEN_MS_MAX = 90_000;

vi.setConfig({ testTimeout: 3 * SEEN_MS_MAX });
const ERROR_MAX = 0.3;

let house: House;
let witness: Witness;
const others: (FakeEngine | SimEngine)[] = [];

async function start(options: HouseOptions): Promise<void> {
  house = await startHouse(options);
  witness = new Witness();
}

async function startFake(metrics: string | null = null): Promise<FakeEngine> {
  const fake = await startFakeEngine(works);
  fake.metrics = metrics;
  others.push(fake);
  await start({ upstreams: [upstreamLine('gpu-0', fake.url, 'capacity: { slots: 8 }')] });
  return fake;
}

/** Of whoever asks on and on, so that a test that failed leaves nobody behind. */
const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.allSettled(stops.splice(0).map((stop) => stop()));
  await checkBooks(house);
  await house.close();
  for (const other of others.splice(0)) await other.close();
});

const say = (spoken: Spoken): Voice => speak(house, witness, spoken);

/** Absent where the gateway says nothing of it. */
async function gauge(name: string): Promise<number | undefined> {
  const samples = readMetrics(await house.metrics());
  return samples.find((sample) => sample.name === name && sample.labels['upstream'] === 'gpu-0')?.value;
}

async function untilSeen(holds: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + SEEN_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it was not seen in ${SEEN_MS_MAX} ms that ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function untilTrusted(): Promise<void> {
  await untilSeen(async () => {
    const error = await gauge('offpeak_step_error_ratio');
    return (await gauge('offpeak_model_trusted')) === 1 && error! < ERROR_MAX;
  }, 'the model is trusted, and right');
}

/** One answer after the other, until it is told to stop. */
function keepAsking(spoken: Omit<Spoken, 'stream'>): () => Promise<Heard[]> {
  let asking = true;
  const all = (async () => {
    const heard: Heard[] = [];
    while (asking) {
      const prompt = `${heard.length} ${spoken.prompt}`;
      heard.push(await say({ ...spoken, prompt, stream: true }).end);
    }
    return heard;
  })();
  const stop = async (): Promise<Heard[]> => {
    asking = false;
    return all;
  };
  all.catch(() => undefined);
  stops.push(stop);
  return stop;
}

describe('flex beside standard', () => {
  test('the model is learned from what passes, flex prompts give way and are served in the end, standard is never refused', async () => {
    await start({ engines: [LARGE], config: 'slo: { tpot: 200ms }' });
    expect(await gauge('offpeak_model_trusted')).toBe(0);
    expect(await gauge('offpeak_harvest_ratio')).toBeUndefined();
    const long = keepAsking({ prompt: 'Tell me all of it', tokens: 150, tier: 'default' });
    await untilTrusted();
    // Prompts with some steps between them, so that it is seen what they cost.
    const short = keepAsking({ prompt: 'Is it so?', tokens: 6, tier: 'default' });
    await untilSeen(
      async () => total(readMetrics(await house.metrics()), 'offpeak_requests_total', { served: 'standard' }) > 20,
      'many were answered',
    );
    expect(await gauge('offpeak_harvest_ratio')).toBe(0);
    expect(await gauge('offpeak_step_predicted_seconds')).toBeGreaterThan(0.01);

    // Longer answers than prompts, so that the engine is also seen when it reads nothing.
    const flex = keepAsking({ prompt: 'Some words of a long document. '.repeat(500), tokens: 16, tier: 'flex' });
    await untilSeen(
      async () => total(readMetrics(await house.metrics()), 'offpeak_evictions_total') > 1,
      'flex prompts gave way',
    );
    await untilSeen(async () => (await gauge('offpeak_harvest_ratio'))! > 0, 'flex was harvested');
    for (const { finish, usage } of await flex()) {
      expect(finish).toBe('length');
      expect(usage!.completion_tokens).toBe(16);
    }
    await Promise.all([long(), short()]);
    const rows = await rowsOf(house);
    expect(rows.filter(({ outcome }) => outcome !== 'completed')).toEqual([]);
    expect(rows.some(({ served_tier: tier, evictions }) => tier === 'flex' && evictions > 0)).toBe(true);
    expect(rows.reduce((sum, row) => sum + row.wasted_tokens, 0)).toBe(0);
  });

  test('an answer in one piece, of which nothing is heard before its end, does not keep flex out', async () => {
    await start({ engines: [{ slots: 8 }] });
    const release = await hold(house);
    const answer = await chat(house, { service_tier: 'flex' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ service_tier: 'flex' });
    await release();
  });

  test('an engine that comes back is learned anew', async () => {
    await start({ engines: [LARGE], config: 'tiers: { standard: { patience: 300ms } }' });
    const [engine] = house.engines;
    const stop = keepAsking({ prompt: 'Go on', tokens: 100, tier: 'default' });
    await untilTrusted();
    await stop();
    await engine!.close();
    await until(async () => (await gauge('offpeak_upstream_up')) === 0, 'it is known to be down');
    others.push(await startSimEngine({ ...LARGE, port: engine!.port }));
    await until(async () => (await gauge('offpeak_upstream_up')) === 1, 'it is back');
    expect(await gauge('offpeak_model_trusted')).toBe(0);
    expect(await gauge('offpeak_step_error_ratio')).toBe(1);
    expect((await chat(house)).status).toBe(200);
  });
});

describe('what is not known keeps flex out, and nobody else', () => {
  const GAUGES = 'vllm:num_requests_waiting 0\nvllm:num_requests_running 0\nvllm:kv_cache_usage_perc 0\n';
  const noWait = { headers: { 'offpeak-max-wait': '0' } };
  const flex = { service_tier: 'flex' };

  test.each([
    ['a page that is gone', null],
    ['a page without what it had', '# nothing\n'],
  ])('metrics that stopped: %s', async (_what, metrics) => {
    const fake = await startFake(GAUGES);
    expect((await chat(house, flex, noWait)).status).toBe(200);
    fake.metrics = metrics;
    await until(async () => (await chat(house, flex, noWait)).status === 429, 'flex is held back');
    const waiting = chat(house, flex);
    expect((await chat(house)).status).toBe(200);
    expect(await gauge('offpeak_upstream_up')).toBe(1);
    expect(total(readMetrics(await house.metrics()), 'offpeak_queue_depth', { tier: 'flex' })).toBe(1);
    fake.metrics = GAUGES;
    expect((await waiting).status).toBe(200);
  });

  test('an engine that never had metrics is taken as it is', async () => {
    await startFake();
    await new Promise((resolve) => setTimeout(resolve, DEFAULT_SHADOW_SETTINGS.statsAgeMsMax + 1_000));
    expect((await chat(house, flex, noWait)).status).toBe(200);
  });
});

test('a client that does not read its answer teaches nothing: another stream is followed', async () => {
  const fake = await startFake();
  const piece = chunk('x'.repeat(64 * 1024));
  fake.script = (res) => {
    openStream(res);
    const more = (): void => {
      while (res.writable && res.write(piece));
    };
    res.on('drain', more);
    more();
  };
  const raw = new RawClient(house.url);
  raw.socket.pause();
  raw.write(rawPost(CHAT_PATHS.openai, chatBody({ stream: true })));
  await until(() => fake.open === 1, 'its engine has begun');
  fake.script = (res) => {
    openStream(res);
    const clock = setInterval(() => {
      res.write(chunk('tick'));
    }, 40);
    res.on('close', () => {
      clearInterval(clock);
    });
  };
  const leaving = new AbortController();
  const second = await chat(house, { stream: true }, { signal: leaving.signal });
  const read = second.text().catch(() => undefined);
  await untilTrusted();
  leaving.abort();
  await read;
  raw.vanish();
});

test('the share that flex may fill changes with the configuration, under the engines that run', async () => {
  const fake = await startFakeEngine(works);
  others.push(fake);
  const upstream = upstreamLine('gpu-0', fake.url, 'capacity: { slots: 8 }');
  await start({ upstreams: [upstream], config: 'slo: { flexShare: 0 }' });
  const waiting = chat(house, { service_tier: 'flex' });
  expect((await chat(house)).status).toBe(200);
  await until(
    async () => total(readMetrics(await house.metrics()), 'offpeak_queue_depth', { tier: 'flex' }) === 1,
    'flex waits',
  );
  const text = `data: ${house.data}\nlisten: 127.0.0.1:0\nupstreams:\n  - ${upstream}\nslo: { flexShare: 0.5 }\nlogs: { level: silent }\n`;
  await house.gateway.reload(configOf(text));
  expect((await waiting).status).toBe(200);
});
