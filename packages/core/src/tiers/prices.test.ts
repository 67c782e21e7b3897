import { expect, test } from 'vitest';
import { MODEL_PRICES, priceOf } from './prices.ts';

test('a price is found by name, with or without a vendor before it', () => {
  expect(priceOf('gpt-oss-20b')).toMatchObject({ input: 0.075, cachedInput: 0.0375, output: 0.3 });
  expect(priceOf('openai/gpt-oss-20b')).toBe(priceOf('gpt-oss-20b'));
  expect(priceOf('sim-8b')).toMatchObject({ input: 0.05, output: 0.08 });
  expect(priceOf('claude-haiku-4-5-20251001')).toBe(priceOf('claude-haiku-4-5'));
  expect(priceOf('nobody-sells-this')).toBeUndefined();
});

test('every price has a source, and cached input is the cheaper one', () => {
  for (const price of MODEL_PRICES) {
    expect(price.source).not.toBe('');
    expect(price.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(price.cachedInput).toBeLessThan(price.input);
    expect(price.input).toBeLessThanOrEqual(price.output);
    expect(price.cacheWrite ?? price.input).toBeGreaterThanOrEqual(price.input);
    expect(price.longCacheWrite ?? Infinity).toBeGreaterThan(price.cacheWrite ?? price.input);
    for (const times of [price.longPrompt?.input, price.longPrompt?.output, price.fast, price.inUs]) {
      expect(times ?? Infinity).toBeGreaterThan(1);
    }
  }
});

test('what makes a price another one is by the rules of its provider', () => {
  const claudes = MODEL_PRICES.filter(({ model }) => model.startsWith('claude-'));
  expect(claudes.map(({ input, cacheWrite }) => cacheWrite! / input)).toEqual(claudes.map(() => 1.25));
  expect(claudes.map(({ input, longCacheWrite }) => longCacheWrite! / input)).toEqual(claudes.map(() => 2));
  expect(priceOf('claude-opus-5-5')).toMatchObject({ fast: 2, inUs: 1.1 });
  // The others have no fast mode, and the oldest of them takes no place to be worked on.
  expect(priceOf('claude-sonnet-5-5')?.fast).toBeUndefined();
  expect(priceOf('claude-haiku-4-5')?.inUs).toBeUndefined();
  for (const { longPrompt } of MODEL_PRICES.filter(({ model }) => model.startsWith('gpt-') && !model.includes('oss'))) {
    expect(longPrompt).toEqual({ above: 272_000, input: 2, output: 1.5 });
  }
  expect(priceOf('gemini-3.1-pro-preview')?.longPrompt).toEqual({ above: 200_000, input: 2, output: 1.5 });
  expect(priceOf('gemini-3.5-flash')?.longPrompt).toBeUndefined();
  expect(priceOf('gpt-5.5')?.priority).toBe(2.5);
});

test('no model is priced twice, and writing to a cache costs more where it is paid for', () => {
  expect(new Set(MODEL_PRICES.map(({ model }) => model)).size).toBe(MODEL_PRICES.length);
  expect(priceOf('gpt-5.6-luna')?.cacheWrite).toBe(0.25);
  expect(priceOf('gpt-5.5')?.cacheWrite).toBeUndefined();
  expect(priceOf('claude-opus-5-5')).toMatchObject({ input: 4, cachedInput: 0.2, cacheWrite: 5, output: 20 });
});
