import { describe, expect, test } from 'vitest';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { Plans } from './plans.ts';
import { PriceList, usdText, type Bill, type Charge } from './prices.ts';

const CHARGE: Charge = {
  project: 'p',
  preset: 'openai',
  provider: undefined,
  model: 'gpt-5.6-luna',
  upstreamModel: 'gpt-5.6-luna',
  tier: 'standard',
};

/** A million of each kind: an amount in nanodollars is then the price per 1M tokens, times 10^9. */
const FRESH = { input: 1_000_000, cachedInput: 0, output: 0, reasoning: 0 };
const CACHED = { ...FRESH, cachedInput: 1_000_000 };
const WRITTEN = { ...FRESH, cacheWrite: 1_000_000 };
const SAID = { ...FRESH, input: 0, output: 1_000_000 };

function config(text: string): Config {
  const result = loadConfig(text, { env: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

function bill(text: string, charge: Partial<Charge>, usage: typeof FRESH & { cacheWrite?: number } = FRESH): Bill {
  const settings = config(text);
  return new PriceList(settings, new Plans(settings)).bill({ ...CHARGE, ...charge }, usage);
}

function usd(text: string, charge: Partial<Charge>, usage?: typeof FRESH & { cacheWrite?: number }): number {
  return bill(text, charge, usage).costNanoUsd / 1e9;
}

describe('whose price', () => {
  test('the published one, for each kind of token', () => {
    expect([FRESH, CACHED, WRITTEN, SAID].map((usage) => usd('', {}, usage))).toEqual([0.2, 0.02, 0.25, 1.2]);
  });

  test('where a list names no price for writing to a cache, that is input like any other', () => {
    expect(usd('', { model: 'gpt-5.5', upstreamModel: 'gpt-5.5' }, WRITTEN)).toBe(5);
  });

  test("the configuration's own wins, for each kind of token", () => {
    const text = 'models: [{ name: gpt-5.6-luna, price: { input: 3, cachedInput: 2, cacheWrite: 4, output: 7 } }]';
    expect([FRESH, CACHED, WRITTEN, SAID].map((usage) => usd(text, {}, usage))).toEqual([3, 2, 4, 7]);
    const short = 'models: [{ name: gpt-5.6-luna, price: { input: 3, output: 7 } }]';
    expect([CACHED, WRITTEN].map((usage) => usd(short, {}, usage))).toEqual([3, 3]);
    expect(usd(text, { provider: 'gemini', upstreamModel: 'gemini-3.5-flash' })).toBe(3);
  });

  test('a provider charges for the model that it ran, whatever it was called', () => {
    const charge = { model: 'gpt-5.6-luna', upstreamModel: 'gemini-3.5-flash', provider: 'gemini' } as const;
    expect(usd('', charge)).toBe(1.5);
    expect(usd('', { ...charge, upstreamModel: 'unheard-of' })).toBe(0.2);
  });

  test("an engine of one's own is bought under the name that the client said", () => {
    expect(usd('', { upstreamModel: 'gpt-5.5' })).toBe(0.2);
    expect(usd('', { model: 'chat', upstreamModel: 'gpt-5.5' })).toBe(5);
  });

  test('what nobody has a price for is free, also where it was refused before it went anywhere', () => {
    expect(usd('', { model: 'mine', upstreamModel: undefined })).toBe(0);
    expect(usd('', { model: 'mine', upstreamModel: 'mine', provider: 'openai' }, SAID)).toBe(0);
  });
});

describe('times what', () => {
  test.each([
    ['openai', [2, 1, 0.5]],
    ['groq', [2, 1, 1]],
    ['gemini', [1.8, 1, 0.5]],
    ['anthropic', [1, 1, 0.5]],
    ['bedrock', [1.75, 1, 0.5]],
  ] as const)(
    '%s has its own multipliers, whichever wire the client speaks and whichever preset is in force',
    (provider, expected) => {
      for (const preset of ['openai', 'groq'] as const) {
        for (const text of ['', 'tiers: { preset: gemini }']) {
          const factors = (['priority', 'standard', 'flex'] as const).map(
            (tier) => usd(text, { preset, provider, tier }) / 0.2,
          );
          for (const [index, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[index]!, 9);
        }
      }
    },
  );

  test('an engine has those of the mount, or of the preset in force', () => {
    expect(usd('', { preset: 'groq', tier: 'flex' })).toBe(0.2);
    expect(usd('', { preset: 'openai', tier: 'flex' })).toBe(0.1);
    expect(usd('tiers: { preset: groq }', { preset: 'openai', tier: 'flex' })).toBe(0.2);
  });

  test("what the configuration says of a tier holds everywhere, the project's own word first", () => {
    const text = 'tiers: { flex: { price: 0.25 } }\nprojects: [{ name: q, tiers: { flex: { price: 0.1 } } }]';
    for (const provider of [undefined, 'groq'] as const) {
      expect(usd(text, { provider, tier: 'flex' })).toBeCloseTo(0.05, 9);
      expect(usd(text, { provider, tier: 'flex', project: 'q' })).toBeCloseTo(0.02, 9);
    }
  });

  test('beside the cost stands what the same would have cost as standard', () => {
    const { costNanoUsd, standardCostNanoUsd } = bill('', { provider: 'bedrock', tier: 'priority' }, WRITTEN);
    expect([costNanoUsd, standardCostNanoUsd]).toEqual([437_500_000, 250_000_000]);
  });
});

test.each([
  [0, '0'],
  [1, '0.000000001'],
  [1_500_000_000, '1.5'],
  [12_000_000_000, '12'],
])('%d nanodollars are %s dollars in a header', (nanoUsd, text) => {
  expect(usdText(nanoUsd)).toBe(text);
});
