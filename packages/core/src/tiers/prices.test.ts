import fc from 'fast-check';
import { expect, test } from 'vitest';
import { costUsd } from './price.ts';
import { MODEL_PRICES, priceOf } from './prices.ts';

test('a price is found by name, with or without a vendor before it', () => {
  expect(priceOf('gpt-oss-20b')).toMatchObject({ input: 0.075, cachedInput: 0.0375, output: 0.3 });
  expect(priceOf('openai/gpt-oss-20b')).toBe(priceOf('gpt-oss-20b'));
  expect(priceOf('sim-8b')).toMatchObject({ input: 0.05, output: 0.08 });
  expect(priceOf('nobody-sells-this')).toBeUndefined();
});

test('every price has a source, and cached input is the cheaper one', () => {
  for (const price of MODEL_PRICES) {
    expect(price.source).not.toBe('');
    expect(price.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(price.cachedInput).toBeLessThan(price.input);
    expect(price.input).toBeLessThanOrEqual(price.output);
  }
});

test('cached tokens are part of the input, and cost their own price', () => {
  const price = { model: 'm', input: 10, cachedInput: 1, output: 50, source: 's', date: 'd' };
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 200_000 };
  expect(costUsd(price, 1, usage)).toBeCloseTo(6 + 0.4 + 10, 10);
  expect(costUsd(price, 0.5, usage)).toBeCloseTo(8.2, 10);
  expect(costUsd(price, 1, { inputTokens: 10, cachedInputTokens: 20, outputTokens: 0 })).toBeCloseTo(1e-5, 12);
});

test('a tier costs its multiple of what standard would have cost, and nothing costs less than nothing', () => {
  const tokens = fc.integer({ min: 0, max: 1_000_000 });
  const usage = fc.record({ inputTokens: tokens, cachedInputTokens: tokens, outputTokens: tokens });
  fc.assert(
    fc.property(fc.constantFrom(...MODEL_PRICES), usage, fc.constantFrom(0.5, 1, 2), (price, used, multiplier) => {
      const standard = costUsd(price, 1, used);
      expect(standard).toBeGreaterThanOrEqual(0);
      expect(costUsd(price, multiplier, used)).toBeCloseTo(standard * multiplier, 9);
    }),
  );
});
