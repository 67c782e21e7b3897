import { expect, test } from 'vitest';
import { costNanoUsd } from './cost.ts';

const PRICE = { inputPicoUsd: 37_500, cachedInputPicoUsd: 3_750, outputPicoUsd: 300_000 };

test('fresh and cached input and output each have their price', () => {
  const usage = { input: 1_000, cachedInput: 400, output: 10, reasoning: 4 };
  expect(costNanoUsd(PRICE, usage, 1)).toBe(600 * 37.5 + 400 * 3.75 + 10 * 300);
  expect(costNanoUsd(PRICE, usage, 0.5)).toBe((600 * 37.5 + 400 * 3.75 + 10 * 300) / 2);
});

test('it is a whole number, rounded once', () => {
  expect(costNanoUsd(PRICE, { input: 1, cachedInput: 0, output: 0, reasoning: 0 }, 0.5)).toBe(19);
  expect(costNanoUsd(PRICE, { input: 0, cachedInput: 0, output: 0, reasoning: 0 }, 0.5)).toBe(0);
});

test('an engine that reports more cached than input does not make anyone pay for input that was not there', () => {
  expect(costNanoUsd(PRICE, { input: 10, cachedInput: 1_000, output: 0, reasoning: 0 }, 1)).toBe(Math.round(10 * 3.75));
});
