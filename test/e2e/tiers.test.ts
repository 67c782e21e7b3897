import { afterEach, expect, test } from 'vitest';
import { OPENAI_7 } from '../conformance/sdks.ts';
import { checkBooks, readMetrics, rowsOf, total, Witness, type Row } from './books.ts';
import { startHouse, until, type House, type HouseOptions } from './harness.ts';
import { hold, whileFull } from './occupy.ts';
import { speak, type Spoken, type Voice } from './voice.ts';

/** What a request may say beyond its tier, and what a project says for it. */

let house: House;
let witness: Witness;

async function start(options: HouseOptions): Promise<void> {
  house = await startHouse(options);
  witness = new Witness();
}

afterEach(async () => {
  try {
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});

const say = (spoken: Partial<Spoken>): Voice => speak(house, witness, { prompt: 'Hello', tokens: 4, ...spoken });

async function codeOf(voice: Voice): Promise<string | null | undefined> {
  try {
    await voice.end;
  } catch (error) {
    return OPENAI_7.told(error).code;
  }
  return 'none';
}

async function waiting(): Promise<number> {
  return total(readMetrics(await house.metrics()), 'offpeak_queue_depth');
}

async function rowOf(voice: Voice): Promise<Row> {
  const { headers } = await voice.end;
  return (await rowsOf(house)).find(({ id }) => id === headers.get('x-request-id'))!;
}

test('body, headers, ledger and metrics tell one story, and flex costs half', async () => {
  await start({});
  const voice = say({ tier: 'flex' });
  const { tiers, usage, headers } = await voice.end;
  expect(tiers).toEqual(['flex']);
  const row = await rowOf(voice);
  expect(row).toMatchObject({
    requested_tier: 'flex',
    served_tier: 'flex',
    why: 'asked',
    outcome: 'completed',
    status: 200,
    input_tokens: usage!.prompt_tokens,
    output_tokens: 4,
  });
  expect(row.cost_nano_usd * 2).toBe(row.standard_cost_nano_usd);
  expect(Number(headers.get('offpeak-cost-usd'))).toBeCloseTo(row.cost_nano_usd / 1e9, 9);
  const samples = readMetrics(await house.metrics());
  expect(total(samples, 'offpeak_requests_total', { served: 'flex', outcome: 'completed' })).toBe(1);
  expect(total(samples, 'offpeak_saved_usd_total')).toBeCloseTo(row.cost_nano_usd / 1e9, 9);
});

test('flex waits for a slot, and says for how long', async () => {
  await start({ engines: [{ slots: 1 }] });
  const release = await hold(house);
  const voice = say({ tier: 'flex' });
  await until(async () => (await waiting()) === 1, 'it waits');
  await release();
  const { headers } = await voice.end;
  expect(Number(headers.get('offpeak-wait-ms'))).toBeGreaterThan(0);
});

test('a request without patience is served when there is a slot, and refused when there is none', async () => {
  await start({ engines: [{ slots: 1 }] });
  const impatient = { headers: { 'offpeak-max-wait': '0' } };
  for (const tier of ['flex', 'default', 'priority']) expect(await codeOf(say({ ...impatient, tier }))).toBe('none');
  await whileFull(house, async () => {
    expect(await codeOf(say({ ...impatient, tier: 'flex' }))).toBe('flex_unavailable');
    expect(await codeOf(say({ ...impatient, tier: 'default' }))).toBe('capacity_contended');
    expect(await codeOf(say({ ...impatient, tier: 'priority' }))).toBe('capacity_contended');
  });
});

test('an interactive request without patience still takes the slot of a flex request', async () => {
  await start({ engines: [{ slots: 1, speed: 4 }] });
  const flex = say({ tier: 'flex', tokens: 200, stream: true });
  await until(() => flex.chunks > 3, 'flex is under way');
  expect(await codeOf(say({ headers: { 'offpeak-max-wait': '0' } }))).toBe('none');
  expect(flex.over).toBe(false);
  await flex.end;
  expect(await rowOf(flex)).toMatchObject({ evictions: 1 });
});

test('patience that ends is a refusal with the time that it took', async () => {
  await start({ engines: [{ slots: 1 }] });
  await whileFull(house, async () => {
    expect(await codeOf(say({ tier: 'flex', headers: { 'offpeak-max-wait': '50ms' } }))).toBe('flex_unavailable');
  });
  const [row] = (await rowsOf(house)).filter(({ outcome }) => outcome === 'refused');
  expect(row!.wait_ms).toBeGreaterThanOrEqual(50);
});

test('flex that finds no capacity is served and paid as standard where its request says so', async () => {
  await start({ engines: [{ slots: 1, speed: 4 }] });
  const first = say({ tier: 'flex', tokens: 200, stream: true });
  await until(() => first.chunks > 3, 'flex is under way');
  const fallback = say({
    tier: 'flex',
    stream: true,
    headers: { 'offpeak-max-wait': '0', 'offpeak-on-unavailable': 'standard' },
  });
  const { tiers, headers } = await fallback.end;
  expect(tiers).toEqual(['default']);
  expect(headers.get('offpeak-tier')).toBe('standard');
  expect(headers.get('offpeak-requested-tier')).toBe('flex');
  expect(first.over).toBe(false);
  expect(await rowOf(fallback)).toMatchObject({ requested_tier: 'flex', served_tier: 'standard', why: 'fallback' });
});

test('a project can fall back by itself, and a request can insist on flex', async () => {
  await start({
    engines: [{ slots: 1, speed: 4 }],
    config: 'projects: [{ name: default, onUnavailable: standard, tiers: { flex: { patience: 0 } } }]',
  });
  const first = say({ tier: 'flex', tokens: 200, stream: true });
  await until(() => first.chunks > 3, 'flex is under way');
  expect(await codeOf(say({ tier: 'flex', headers: { 'offpeak-on-unavailable': 'refuse' } }))).toBe('flex_unavailable');
  const { tiers } = await say({ tier: 'flex' }).end;
  expect(tiers).toEqual(['default']);
  await first.end;
});

test('no request waits longer than its project allows, whatever it says', async () => {
  await start({ engines: [{ slots: 1 }], config: 'projects: [{ name: default, maxWait: 50ms }]' });
  await whileFull(house, async () => {
    expect(await codeOf(say({ tier: 'flex' }))).toBe('flex_unavailable');
    expect(await codeOf(say({ tier: 'flex', headers: { 'offpeak-max-wait': '10m' } }))).toBe('flex_unavailable');
    expect(await codeOf(say({}))).toBe('capacity_contended');
  });
});
