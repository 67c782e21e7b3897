import type { Usage } from '@offpeak/dialects';
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

/** A tenth of a million of each kind: an amount in nanodollars is then the price per 1M tokens, times 10^8. */
const FRESH: Usage = { input: 100_000, cachedInput: 0, output: 0, reasoning: 0 };
const CACHED: Usage = { ...FRESH, cachedInput: 100_000 };
const WRITTEN: Usage = { ...FRESH, cacheWrite: 100_000 };
const SAID: Usage = { ...FRESH, input: 0, output: 100_000 };

function config(text: string): Config {
  const result = loadConfig(text, { env: {} });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}

function bill(text: string, charge: Partial<Charge>, usage: Usage = FRESH): Bill {
  const settings = config(text);
  return new PriceList(settings, new Plans(settings)).bill({ ...CHARGE, ...charge }, usage);
}

function usd(text: string, charge: Partial<Charge>, usage?: Usage): number {
  return bill(text, charge, usage).costNanoUsd / 1e8;
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
    expect([costNanoUsd, standardCostNanoUsd]).toEqual([43_750_000, 25_000_000]);
  });
});

describe('what makes the price another one', () => {
  const claude = { model: 'claude-opus-5-5', upstreamModel: 'claude-opus-5-5', provider: 'anthropic' } as const;

  test('a cache that is kept for an hour costs more to write', () => {
    expect(usd('', claude, { ...WRITTEN, longCacheWrite: 100_000 })).toBe(8);
    expect(usd('', claude, { ...WRITTEN, longCacheWrite: 40_000 })).toBe(0.4 * 8 + 0.6 * 5);
    expect(usd('', claude, { ...WRITTEN, longCacheWrite: 0 })).toBe(5);
  });

  test('faster, and in the United States, are times the price, and of each other', () => {
    expect(usd('', claude, { ...SAID, extras: ['fast'] })).toBe(40);
    expect(usd('', claude, { ...SAID, extras: ['in-us'] })).toBeCloseTo(22, 9);
    expect(usd('', claude, { ...SAID, extras: ['fast', 'in-us'] })).toBeCloseTo(44, 9);
  });

  test('a prompt beyond the bound of the price list, all of it and its answer', () => {
    const gpt = { model: 'gpt-5.5', upstreamModel: 'gpt-5.5', provider: 'openai' } as const;
    const long = { input: 272_001, cachedInput: 272_001, output: 100_000, reasoning: 0 };
    expect(bill('', gpt, long).costNanoUsd).toBe(Math.round(272_001 * 0.5 * 2 * 1_000 + 100_000 * 30 * 1.5 * 1_000));
    expect(bill('', gpt, { ...long, input: 272_000 }).costNanoUsd).toBe(272_000 * 500 + 100_000 * 30_000);
    const pro = { model: 'gemini-3.1-pro-preview', upstreamModel: undefined, provider: 'gemini' } as const;
    expect(bill('', pro, { ...long, input: 200_001, cachedInput: 0 }).costNanoUsd).toBe(
      200_001 * 4_000 + 1_800_000_000,
    );
  });

  test('searches, by the piece', () => {
    expect(bill('', claude, { ...SAID, searches: 3 })).toEqual({
      costNanoUsd: 2_030_000_000,
      standardCostNanoUsd: 2_030_000_000,
      complete: true,
    });
  });

  test('priority at a multiple of its own, which what the configuration says of the tier replaces', () => {
    const gpt = { model: 'gpt-5.5', upstreamModel: 'gpt-5.5', provider: 'openai', tier: 'priority' } as const;
    expect(usd('', gpt)).toBe(12.5);
    expect(usd('', { ...gpt, tier: 'flex' })).toBe(2.5);
    expect(usd('tiers: { priority: { price: 3 } }', gpt)).toBe(15);
    expect(usd('', { ...gpt, model: 'gpt-5.4', upstreamModel: 'gpt-5.4' })).toBe(5);
  });
});

describe('whether that is all', () => {
  const claude = { model: 'claude-opus-5-5', upstreamModel: 'claude-opus-5-5', provider: 'anthropic' } as const;
  const isComplete = (charge: Partial<Charge>, usage: Usage, text = ''): boolean => bill(text, charge, usage).complete;

  test('it is where the price list has a word on everything', () => {
    expect(isComplete(claude, { ...WRITTEN, longCacheWrite: 5, extras: ['fast', 'in-us'] })).toBe(true);
  });

  test.each(['tools', 'media', 'elsewhere', 'uncounted'] as const)(
    'it is not with %s, and the tokens are billed',
    (extra) => {
      expect(bill('', claude, { ...SAID, extras: [extra] })).toEqual({ ...bill('', claude, SAID), complete: false });
    },
  );

  test('it is not where a model has no price for what it did', () => {
    const haiku = { ...claude, model: 'claude-haiku-4-5', upstreamModel: 'claude-haiku-4-5' };
    expect(isComplete(haiku, { ...SAID, extras: ['fast'] })).toBe(false);
    expect(isComplete(haiku, { ...SAID, extras: ['in-us'] })).toBe(false);
    expect(isComplete({ ...claude, model: 'gpt-5.5', upstreamModel: 'gpt-5.5' }, { ...SAID, searches: 1 })).toBe(false);
  });

  test('it is not where a provider has run a model that nobody has a price for', () => {
    const unheard = { ...claude, model: 'unheard-of', upstreamModel: 'unheard-of' };
    expect(bill('', unheard, SAID)).toEqual({ costNanoUsd: 0, standardCostNanoUsd: 0, complete: false });
    expect(isComplete(unheard, SAID, 'models: [{ name: unheard-of, price: { input: 0, output: 0 } }]')).toBe(true);
  });

  test('a price of the configuration knows what it says', () => {
    const written = { ...WRITTEN, longCacheWrite: 100_000 };
    const text = 'models: [{ name: claude-opus-5-5, price: { input: 3, cacheWrite: 4, output: 7 } }]';
    expect([usd(text, claude, written), isComplete(claude, written, text)]).toEqual([4, false]);
    const more = text.replace('cacheWrite: 4', 'cacheWrite: 4, longCacheWrite: 6');
    expect([usd(more, claude, written), isComplete(claude, written, more)]).toEqual([6, true]);
  });

  test("it always is with an engine of one's own, whose prices are the operator's", () => {
    const usage: Usage = { ...SAID, input: 900_000, extras: ['media', 'uncounted'] };
    expect(isComplete({ model: 'mine', upstreamModel: 'mine' }, usage)).toBe(true);
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
