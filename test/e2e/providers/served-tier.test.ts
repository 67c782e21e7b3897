import { afterEach, describe, expect, test } from 'vitest';
import { refuse, type Refusal } from '../../providers/fault.ts';
import { OPENAI_REFUSALS } from '../../providers/openai/refusals.ts';
import { readMetrics, rowsOf, total, Witness, type Row } from '../books.ts';
import { chat } from '../requests.ts';
import { closeChecked, startHosted, type HostedHouse, type HostedOptions } from './hosted.ts';
import { refusal, talk, type Told } from './talk.ts';

/** The tier that a provider served: asked for in its own word, believed when it says otherwise, and told the same everywhere. */

let house: HostedHouse;
let witness: Witness;

async function start(options: HostedOptions): Promise<void> {
  house = await startHosted(options);
  witness = new Witness();
}

afterEach(async () => {
  house.checkProviders();
  await closeChecked(house, witness);
});

type Provider = 'openai' | 'gemini' | 'groq';
const MODELS: Readonly<Record<Provider, string>> = {
  openai: 'gpt-5.6-luna',
  gemini: 'gemini-3.8-flash',
  groq: 'llama-3.1-8b-instant',
};

/** Prices of the row's tokens, in nanodollars, at the standard tier. */
const PRICES: Readonly<Record<Provider, readonly [input: number, output: number]>> = {
  openai: [200, 1200],
  gemini: [750, 3750],
  groq: [50, 80],
};

function standardCost(provider: Provider, { input_tokens: input, output_tokens: output }: Row): number {
  const [perInput, perOutput] = PRICES[provider];
  return input * perInput + output * perOutput;
}

async function expectEverywhere(
  told: Told,
  provider: Provider,
  requested: string,
  served: 'standard' | 'flex',
): Promise<void> {
  expect(told.word).toBe(served === 'flex' ? 'flex' : 'default');
  expect(told.headers.get('offpeak-tier')).toBe(served);
  expect(told.headers.get('offpeak-requested-tier')).toBe(requested);
  const [row] = await rowsOf(house);
  expect(row).toMatchObject({
    requested_tier: requested,
    served_tier: served,
    why: requested === served ? 'asked' : 'downgrade',
    tier_verified: 1,
  });
  const standard = standardCost(provider, row!);
  const flexShare = provider === 'groq' ? 1 : 0.5;
  expect(row!.standard_cost_nano_usd).toBe(standard);
  expect(row!.cost_nano_usd).toBe(served === 'flex' ? standard * flexShare : standard);
  const samples = readMetrics(await house.metrics());
  const labels = { requested, served, outcome: 'completed' };
  expect(total(samples, 'offpeak_requests_total', labels)).toBe(1);
  expect(total(samples, 'offpeak_cost_usd_total', { tier: served })).toBeCloseTo(row!.cost_nano_usd / 1e9, 12);
}

describe.each(Object.keys(MODELS) as Provider[])('%s', (provider) => {
  const model = MODELS[provider];
  const flex = (stream: boolean): Promise<Told> =>
    talk(house, { model, tier: 'flex', stream, text: 'Tell me more', witness });

  test('what it serves as asked is told everywhere, and billed', async () => {
    await start({ providers: { [provider]: '' } });
    await expectEverywhere(await flex(false), provider, 'flex', 'flex');
  });

  test('what it serves at another tier is told everywhere as that, and billed as that', async () => {
    await start({ providers: { [provider]: '' } });
    house[provider].settings.tier = 'downgraded';
    await expectEverywhere(await flex(false), provider, 'flex', 'standard');
  });

  test('so it is in a stream, where it says so in time for the headers', async () => {
    await start({ providers: { [provider]: '' } });
    house[provider].settings.tier = 'downgraded';
    const told = await flex(true);
    const [row] = await rowsOf(house);
    // Groq's streams tell no tier.
    const isTold = provider !== 'groq';
    expect(told.word).toBe(isTold ? 'default' : 'flex');
    expect(told.headers.get('offpeak-tier')).toBe(isTold ? 'standard' : 'flex');
    expect(row).toMatchObject({ served_tier: isTold ? 'standard' : 'flex', tier_verified: isTold ? 1 : 0 });
  });

  test.each([false, true])(
    'where it says nothing, what was asked for is told as not verified, stream %s',
    async (stream) => {
      await start({ providers: { [provider]: '' } });
      house[provider].settings.tier = 'absent';
      const told = await flex(stream);
      expect(told.headers.get('offpeak-tier')).toBe('flex');
      expect(told.headers.get('offpeak-tier-verified')).toBe('false');
      const [row] = await rowsOf(house);
      expect(row).toMatchObject({ served_tier: 'flex', tier_verified: 0 });
      expect(row!.standard_cost_nano_usd).toBe(standardCost(provider, row!));
    },
  );
});

test('an answer better than asked for is believed as well', async () => {
  await start({ providers: { anthropic: '' } });
  house.anthropic.settings.tier = 'priority';
  const told = await talk(house, { model: 'claude-haiku-4-5-20251001', tier: 'priority', witness });
  expect(told.word).toBe('priority');
  house.anthropic.settings.tier = 'standard';
  const usual = await talk(house, { model: 'claude-haiku-4-5-20251001', tier: 'priority', witness });
  expect(usual.word).toBe('default');
  expect((await rowsOf(house)).map(({ served_tier: tier, why }) => [tier, why])).toEqual([
    ['priority', 'asked'],
    ['standard', 'downgrade'],
  ]);
});

describe('a tier that the model does not have', () => {
  test('is refused before anything is sent, in every wire that asks', async () => {
    await start({ providers: { openai: '', anthropic: '' } });
    for (const model of ['gpt-4o', 'claude-haiku-4-5-20251001']) {
      for (const stream of [false, true]) {
        const refused = await refusal(house, { model, tier: 'flex', stream, witness });
        expect(refused).toMatchObject({ status: 400, param: 'service_tier', code: 'unsupported_value' });
        expect(refused.message).toContain(model);
      }
    }
    const groq = await chat(house, { model: 'gpt-4o', service_tier: 'flex' }, { mount: 'groq' });
    expect(groq.status).toBe(400);
    for (const fake of [house.openai, house.anthropic]) {
      expect(fake.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    }
    expect(await rowsOf(house)).toEqual([]);
  });

  test('is served as standard where that was asked for', async () => {
    await start({ providers: { openai: '', anthropic: '' } });
    const headers = { 'offpeak-on-unavailable': 'standard' };
    for (const model of ['gpt-4o', 'claude-haiku-4-5-20251001']) {
      const told = await talk(house, { model, tier: 'flex', headers, witness });
      expect(told.word).toBe('default');
      expect(told.headers.get('offpeak-tier')).toBe('standard');
      expect(told.headers.get('offpeak-requested-tier')).toBe('flex');
    }
    for (const row of await rowsOf(house)) {
      expect(row).toMatchObject({ requested_tier: 'flex', served_tier: 'standard', why: 'fallback' });
      expect(row.cost_nano_usd).toBe(row.standard_cost_nano_usd);
    }
    expect(house.openai.last().body).toMatchObject({ service_tier: 'default' });
  });

  test('is the operator’s to say otherwise', async () => {
    await start({ providers: { openai: 'tiers: [standard]' } });
    expect(await refusal(house, { model: MODELS.openai, tier: 'flex' })).toMatchObject({ status: 400 });
    // Priority is downgraded anyway.
    expect((await talk(house, { model: MODELS.openai, tier: 'priority', witness })).word).toBe('default');
    expect(house.openai.last().body).toMatchObject({ service_tier: 'default' });
  });
});

describe('flex that finds no capacity', () => {
  const unavailable: Refusal = { ...OPENAI_REFUSALS.flexUnavailable, headers: { 'retry-after': '600' } };

  test('is refused where it was asked for strictly, and standard is not touched', async () => {
    await start({ providers: { openai: '' } });
    house.openai.next(refuse(unavailable));
    const headers = { 'offpeak-max-wait': '5m' };
    expect(await refusal(house, { model: MODELS.openai, tier: 'flex', headers, witness })).toMatchObject({
      status: 429,
      code: 'flex_unavailable',
    });
    expect((await talk(house, { model: MODELS.openai, witness })).word).toBe('default');
    // The lane is left alone: the next one is refused here.
    expect(await refusal(house, { model: MODELS.openai, tier: 'flex', headers, witness })).toMatchObject({
      status: 429,
    });
    expect(house.openai.requests.filter(({ method }) => method === 'POST')).toHaveLength(2);
    const costs = (await rowsOf(house)).map(({ outcome, cost_nano_usd: cost }) => [outcome, cost > 0]);
    expect(costs).toEqual([
      ['refused', false],
      ['completed', true],
      ['refused', false],
    ]);
  });

  test.each([false, true])('is served as standard where that was asked for, once, stream %s', async (stream) => {
    await start({
      providers: { openai: '' },
      projects: ['falls'],
      settings: { falls: 'onUnavailable: standard, maxWait: 5m' },
    });
    house.openai.next(refuse(unavailable));
    const said = { model: MODELS.openai, tier: 'flex', stream, witness, apiKey: house.keys['falls']! };
    const told = await talk(house, said);
    expect(told.word).toBe('default');
    expect(told.headers.get('offpeak-tier')).toBe('standard');
    const asked = house.openai.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(asked.map((body) => (body as { service_tier: string }).service_tier)).toEqual(['flex', 'default']);
    expect((await rowsOf(house))[0]).toMatchObject({
      requested_tier: 'flex',
      served_tier: 'standard',
      why: 'fallback',
    });
  });

  test('goes to a provider that has some', async () => {
    await start({
      providers: { openai: '', gemini: '' },
      config: `models:
  - name: chat
    targets: [{ upstream: openai, model: gpt-5.6-luna }, { upstream: gemini, model: gemini-3.8-flash }]`,
    });
    house.openai.next(refuse(unavailable));
    const told = await talk(house, { model: 'chat', tier: 'flex', witness });
    expect(told).toMatchObject({ upstream: 'gemini', word: 'flex' });
    expect((await rowsOf(house))[0]).toMatchObject({ upstream: 'gemini', served_tier: 'flex', why: 'asked' });
  });
});
