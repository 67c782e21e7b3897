import type { Fault } from '@offpeak/engine';
import { startSimEngine } from '@offpeak/engine';
import { afterEach, describe, expect, test } from 'vitest';
import { checkBooks, readMetrics, rowsOf, total } from './books.ts';
import { send, startFakeEngine, upstreamLine, works, type FakeEngine } from './fake-engine.ts';
import { startHouse, TEST_SPEED, until, untilReady, type House, type HouseOptions } from './harness.ts';
import { chat, eventsIn, expectNothingLeaks, problemIn, textIn, untilIdle } from './requests.ts';

let house: House;
const fakes: FakeEngine[] = [];

async function open(options: HouseOptions): Promise<void> {
  house = await startHouse(options);
}

async function fakeEngine(): Promise<FakeEngine> {
  const fake = await startFakeEngine(works);
  fakes.push(fake);
  return fake;
}

afterEach(async () => {
  await untilIdle(house);
  await checkBooks(house);
  await house.close();
  for (const fake of fakes.splice(0)) await fake.close();
});

async function isUp(upstream: string): Promise<boolean> {
  return total(readMetrics(await house.metrics()), 'offpeak_upstream_up', { upstream }) === 1;
}

async function untilUp(upstream: string): Promise<void> {
  await until(() => isUp(upstream), `${upstream} is up`);
}

describe('a flex answer whose engine breaks goes on elsewhere, as if nothing had been', () => {
  const story = { service_tier: 'flex', max_tokens: 60, messages: [{ role: 'user', content: 'Tell a story.' }] };
  const faults: readonly Fault[] = [
    { kind: 'die', afterTokens: 0 },
    { kind: 'die', afterTokens: 20 },
    { kind: 'truncate', afterTokens: 20 },
    { kind: 'stall', afterTokens: 20 },
    { kind: 'hang' },
    { kind: 'refuse', status: 500 },
  ];

  test.each(faults)('$kind after $afterTokens tokens', async (fault) => {
    await open({ engines: [{}, {}], config: 'server: { upstreamSilenceMax: 500ms, upstreamFirstByteMax: 500ms }' });
    await untilUp('gpu-1');
    const undisturbed = (await (await chat(house, story)).json()) as { choices: { message: { content: string } }[] };
    const text = undisturbed.choices[0]!.message.content;
    expect(text.length).toBeGreaterThan(60);

    for (const engine of house.engines) engine.faults.inject(fault);
    const whole = await chat(house, story);
    expect(await whole.json()).toMatchObject({
      choices: [{ message: { content: text }, finish_reason: 'length' }],
      usage: { completion_tokens: 60 },
    });
    for (const engine of house.engines) engine.faults.clear();

    for (const engine of house.engines) engine.faults.inject(fault);
    const stream = await (await chat(house, { ...story, stream: true })).text();
    expect(textIn(stream)).toBe(text);
    expect(eventsIn(stream).at(-1)).toBe('[DONE]');
    expect(stream.match(/"finish_reason":"length"/g)).toHaveLength(1);
    expect(new Set([...stream.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id)).size).toBe(1);

    const rows = await rowsOf(house);
    expect(rows).toHaveLength(3);
    for (const row of rows) expect(row).toMatchObject({ outcome: 'completed', output_tokens: 60, wasted_tokens: 0 });
    expect(new Set(rows.map(({ input_tokens }) => input_tokens)).size).toBe(1);
    for (const row of rows) expect(row.cached_input_tokens).toBeLessThanOrEqual(row.input_tokens);
  });
});

describe('an engine that is gone', () => {
  const patience = 'tiers: { standard: { patience: 300ms }, flex: { patience: 300ms } }';

  test('is found out, told so, and taken back when it is there again', async () => {
    await open({ config: patience });
    const [engine] = house.engines;
    expect((await chat(house)).status).toBe(200);
    await engine!.close();

    // The connection is refused, at most three times for each request, until the breaker opens.
    const first = await chat(house);
    expect(first.status).toBe(502);
    expectNothingLeaks(await first.text());
    await until(async () => !(await isUp('gpu-0')), 'it is known to be down');

    const ready = await fetch(`${house.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ status: 'not ready', reasons: ['no upstream is up'] });
    expect((await fetch(`${house.url}/healthz`)).status).toBe(200);

    const refused = await chat(house);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after-ms'))).toBeGreaterThan(0);
    expect(problemIn(await refused.text())).toMatchObject({ code: 'no_capacity', type: 'server_error' });
    const flex = await chat(house, { service_tier: 'flex' }, { mount: 'groq' });
    expect(flex.status).toBe(498);
    expect(flex.headers.get('x-should-retry')).toBe('false');
    expect(problemIn(await flex.text(), 'groq')).toMatchObject({ code: 'capacity_exceeded' });

    const again = await startSimEngine({ speed: TEST_SPEED, port: engine!.port });
    try {
      await untilReady(house.url);
      expect((await chat(house)).status).toBe(200);
    } finally {
      await untilIdle(house);
      await again.close();
    }
  });

  test('from the start: its models are not called unknown, and a request that can wait waits for it', async () => {
    const port = await freePort();
    await open({ upstreams: [upstreamLine('gpu-0', `http://127.0.0.1:${port}`)], config: patience, ready: false });
    const early = await chat(house);
    expect(early.status).toBe(503);
    expect(problemIn(await early.text())).toMatchObject({ code: 'no_capacity' });
    const engine = await startSimEngine({ speed: TEST_SPEED, port });
    try {
      await untilReady(house.url);
      expect((await chat(house)).status).toBe(200);
      expect((await chat(house, { model: 'gpt-9' })).status).toBe(404);
    } finally {
      await untilIdle(house);
      await engine.close();
    }
  });
});

describe('the breaker', () => {
  test('stays closed whatever Offpeak itself refuses, cancels or is asked wrongly', async () => {
    const fake = await fakeEngine();
    await open({
      upstreams: [upstreamLine('gpu-0', fake.url, 'capacity: { slots: 1 }')],
      config: 'projects: [{ name: default, limits: { standard: { requestsPerMinute: 20 } } }]',
    });
    fake.script = (res) => {
      send(res, 400, '{"error":{"message":"no"}}');
    };
    for (let turn = 0; turn < 5; turn += 1) expect((await chat(house)).status).toBe(400);
    fake.script = () => undefined;
    for (let turn = 0; turn < 5; turn += 1) {
      const gone = new AbortController();
      const asked = chat(house, {}, { signal: gone.signal }).catch(() => undefined);
      await until(() => fake.open === 1, 'the engine has it');
      const refused = await chat(house, { service_tier: 'flex' }, { headers: { 'offpeak-max-wait': '0' } });
      expect(refused.status).toBe(429);
      gone.abort();
      await asked;
      await until(() => fake.open === 0, 'the engine is left alone');
    }
    fake.script = works;
    let limited = 0;
    for (let turn = 0; turn < 15; turn += 1) limited += (await chat(house)).status === 429 ? 1 : 0;
    expect(limited).toBeGreaterThan(0);
    expect(await isUp('gpu-0')).toBe(true);
    expect(total(readMetrics(await house.metrics()), 'offpeak_upstream_errors_total')).toBe(0);
  });

  test('opens for an engine that fails every request, so that the other one gets them', async () => {
    const [bad, good] = [await fakeEngine(), await fakeEngine()];
    bad.script = (res) => res.destroy();
    await open({ upstreams: [upstreamLine('bad', bad.url), upstreamLine('good', good.url)] });
    await untilUp('bad');
    await untilUp('good');
    for (let turn = 0; turn < 30; turn += 1) expect((await chat(house)).status).toBe(200);
    expect(good.received).toBe(30);
    expect(bad.received).toBeLessThan(12);
  });
});

describe('what an engine says of itself', () => {
  test.each([
    ['no metrics', null],
    ['metrics that are a web page', '<html>vllm:num_requests_waiting</html>'],
    [
      'metrics of nonsense',
      'vllm:num_requests_waiting{} NaN\nvllm:kv_cache_usage_perc -7\nvllm:cache_config_info{num_gpu_blocks="x"} 1\n',
    ],
    ['metrics that never end', 'x'.repeat(9 * 1024 * 1024)],
  ])('%s: it serves as well', async (_what, metrics) => {
    const fake = await fakeEngine();
    fake.metrics = metrics;
    await open({ upstreams: [upstreamLine('gpu-0', fake.url)] });
    for (let turn = 0; turn < 3; turn += 1) expect((await chat(house)).status).toBe(200);
  });

  test('an engine that comes back with another model serves that one', async () => {
    const fake = await fakeEngine();
    await open({ upstreams: [upstreamLine('gpu-0', fake.url)] });
    expect((await chat(house)).status).toBe(200);
    fake.models = [{ id: 'sim-70b' }];
    fake.health = 500;
    await until(async () => !(await isUp('gpu-0')), 'its probes fail');
    fake.health = 200;
    await untilUp('gpu-0');
    const listed = (await (await fetch(`${house.url}/v1/models`)).json()) as { data: { id: string }[] };
    expect(listed.data.map(({ id }) => id)).toEqual(['sim-70b']);
    expect((await chat(house, { model: 'sim-70b' })).status).toBe(200);
    expect((await chat(house)).status).toBe(404);
  });
});

async function freePort(): Promise<number> {
  const engine = await startSimEngine();
  await engine.close();
  return engine.port;
}
