import type { Usage } from '@offpeak/dialects';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costNanoUsd, isWholeCost, type FullPrice } from './cost.ts';

const PRICE = {
  inputPicoUsd: 37_500,
  cachedInputPicoUsd: 3_750,
  cacheWritePicoUsd: 46_000,
  outputPicoUsd: 300_000,
};

test('fresh and cached input and output each have their price', () => {
  const usage = { input: 1_000, cachedInput: 400, output: 10, reasoning: 4 };
  expect(costNanoUsd(PRICE, usage, 1)).toBe(600 * 37.5 + 400 * 3.75 + 10 * 300);
  expect(costNanoUsd(PRICE, usage, 0.5)).toBe((600 * 37.5 + 400 * 3.75 + 10 * 300) / 2);
});

test('input that was written to a cache has its own price, and is paid once', () => {
  const usage = { input: 1_000, cachedInput: 400, cacheWrite: 500, output: 10, reasoning: 0 };
  expect(costNanoUsd(PRICE, usage, 1)).toBe(100 * 37.5 + 400 * 3.75 + 500 * 46 + 10 * 300);
  expect(costNanoUsd(PRICE, usage, 2)).toBe(2 * (100 * 37.5 + 400 * 3.75 + 500 * 46 + 10 * 300));
  expect(costNanoUsd(PRICE, { ...usage, cacheWrite: 0 }, 1)).toBe(600 * 37.5 + 400 * 3.75 + 10 * 300);
});

test('it is a whole number, rounded once', () => {
  expect(costNanoUsd(PRICE, { input: 1, cachedInput: 0, output: 0, reasoning: 0 }, 0.5)).toBe(19);
  expect(costNanoUsd(PRICE, { input: 0, cachedInput: 0, output: 0, reasoning: 0 }, 0.5)).toBe(0);
});

test('an upstream that reports more cached than input does not make anyone pay for input that was not there', () => {
  expect(costNanoUsd(PRICE, { input: 10, cachedInput: 1_000, output: 0, reasoning: 0 }, 1)).toBe(Math.round(10 * 3.75));
  const both = { input: 10, cachedInput: 4, cacheWrite: 1_000, output: 0, reasoning: 0 };
  expect(costNanoUsd(PRICE, both, 1)).toBe(4 * 3.75 + 6 * 46);
  expect(costNanoUsd(PRICE, { ...both, cachedInput: 1_000 }, 1)).toBe(Math.round(10 * 3.75));
});

test('of what was written to a cache, what is kept for longer has its own price, where there is one', () => {
  const usage = { input: 1_000, cachedInput: 0, cacheWrite: 500, longCacheWrite: 200, output: 0, reasoning: 0 };
  const price = { ...PRICE, longCacheWritePicoUsd: 75_000 };
  expect(costNanoUsd(price, usage, 1)).toBe(500 * 37.5 + 300 * 46 + 200 * 75);
  expect(costNanoUsd(PRICE, usage, 1)).toBe(500 * 37.5 + 500 * 46);
  expect([isWholeCost(price, usage), isWholeCost(PRICE, usage)]).toEqual([true, false]);
  expect(isWholeCost(PRICE, { ...usage, longCacheWrite: 0 })).toBe(true);
  expect(costNanoUsd(price, { ...usage, longCacheWrite: 9_000 }, 1)).toBe(500 * 37.5 + 500 * 75);
});

test('searches have their price whatever the tier, where there is one', () => {
  const usage = { input: 100, cachedInput: 0, output: 0, reasoning: 0, searches: 3 };
  const price = { ...PRICE, searchPicoUsd: 10_000_000_000, factors: { fast: 2 } };
  expect(costNanoUsd(price, { ...usage, extras: ['fast'] }, 0.5)).toBe(100 * 37.5 + 3 * 10_000_000);
  expect(costNanoUsd(PRICE, usage, 1)).toBe(100 * 37.5);
  expect([isWholeCost(price, usage), isWholeCost(PRICE, usage)]).toEqual([true, false]);
});

const counts = fc.nat({ max: 1_000_000 });
const usages: fc.Arbitrary<Usage> = fc.record({
  input: counts,
  cachedInput: counts,
  cacheWrite: counts,
  longCacheWrite: counts,
  output: counts,
  reasoning: counts,
});

/** In whole nanodollars for each token, so that nothing is rounded. */
const prices: fc.Arbitrary<FullPrice> = fc
  .tuple(...Array.from({ length: 5 }, () => fc.nat({ max: 1_000 })))
  .map(([input, cached, write, long, output]) => ({
    inputPicoUsd: input! * 1_000,
    cachedInputPicoUsd: cached! * 1_000,
    cacheWritePicoUsd: write! * 1_000,
    longCacheWritePicoUsd: long! * 1_000,
    outputPicoUsd: output! * 1_000,
  }));

const FREE = {
  inputPicoUsd: 0,
  cachedInputPicoUsd: 0,
  cacheWritePicoUsd: 0,
  longCacheWritePicoUsd: 0,
  outputPicoUsd: 0,
};

test('the cost is the sum of one part for each kind of token, none of them negative', () => {
  fc.assert(
    fc.property(prices, usages, (price, usage) => {
      const names = Object.keys(FREE) as (keyof typeof FREE)[];
      const parts = names.map((name) => costNanoUsd({ ...FREE, [name]: price[name] }, usage, 1));
      expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      expect(costNanoUsd(price, usage, 1)).toBe(parts.reduce((sum, part) => sum + part, 0));
    }),
  );
});

test('what makes a price another one never makes it less', () => {
  const dearer = { longPrompt: { above: 200_000, input: 2, output: 3 }, factors: { fast: 2 } } as const;
  fc.assert(
    fc.property(prices, usages, (price, usage) => {
      const plain = costNanoUsd(price, usage, 1);
      const full = costNanoUsd({ ...price, ...dearer }, usage, 1);
      expect(full).toBeGreaterThanOrEqual(plain);
      if (usage.input <= 200_000) expect(full).toBe(plain);
      expect(costNanoUsd({ ...price, ...dearer }, { ...usage, extras: ['fast'] }, 1)).toBe(2 * full);
    }),
  );
});

test('each token of the prompt is paid exactly once, whatever was reported', () => {
  const flat = {
    inputPicoUsd: 1_000,
    cachedInputPicoUsd: 1_000,
    cacheWritePicoUsd: 1_000,
    longCacheWritePicoUsd: 1_000,
    outputPicoUsd: 0,
  };
  fc.assert(
    fc.property(usages, (usage) => {
      expect(costNanoUsd(flat, usage, 1)).toBe(usage.input);
    }),
  );
});

test('what no answer can cost is a number that the ledger takes', () => {
  const counted = Number.MAX_SAFE_INTEGER;
  const absurd = { input: 3 * counted, cachedInput: counted, cacheWrite: counted, output: counted, reasoning: 0 };
  const dear = { longPrompt: { above: 1, input: 2, output: 2 }, searchPicoUsd: 1e13, factors: { fast: 6 } };
  const cost = costNanoUsd({ ...PRICE, ...dear }, { ...absurd, searches: counted, extras: ['fast'] }, 2);
  expect(cost).toBe(Number.MAX_SAFE_INTEGER);
});
