import { expect, test } from 'vitest';
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
