import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costNanoUsd } from './cost.ts';

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

test('each token of the prompt is paid exactly once, whatever was reported', () => {
  const flat = { inputPicoUsd: 1_000, cachedInputPicoUsd: 1_000, cacheWritePicoUsd: 1_000, outputPicoUsd: 0 };
  const count = fc.nat({ max: 1_000_000 });
  fc.assert(
    fc.property(count, count, count, (input, cachedInput, cacheWrite) => {
      expect(costNanoUsd(flat, { input, cachedInput, cacheWrite, output: 0, reasoning: 0 }, 1)).toBe(input);
    }),
  );
});
