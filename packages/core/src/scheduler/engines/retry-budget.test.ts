import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

const LIMITS = { retriesPerMinuteMin: 6, retryShareOfSuccesses: 0.2, retriesSavedMax: 10 };

function takeAll(budget: RetryBudget, at: number): number {
  let taken = 0;
  for (; budget.opensAt <= at; taken += 1) budget.took(at);
  return taken;
}

test('a few may start at once, and as many a minute whatever happens', () => {
  const budget = new RetryBudget(LIMITS);
  expect(takeAll(budget, 0)).toBe(6);
  expect(budget.opensAt).toBe(10_000);
  expect(takeAll(budget, 60_000)).toBe(6);
  expect(takeAll(budget, 600_000)).toBe(6);
});

test('successes allow their share, and save up no more than so many', () => {
  const budget = new RetryBudget(LIMITS);
  takeAll(budget, 0);
  for (let index = 0; index < 5; index += 1) budget.succeeded(0);
  expect(takeAll(budget, 0)).toBe(1);
  for (let index = 0; index < 500; index += 1) budget.succeeded(0);
  expect(takeAll(budget, 0)).toBe(10);
});

test('whatever happens, there are no more than the floor of the time and the share of the successes', () => {
  const step = fc.record({ waitMs: fc.nat(5_000), succeeds: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const budget = new RetryBudget(LIMITS);
      let at = 0;
      let successes = 0;
      let taken = 0;
      for (const { waitMs, succeeds } of steps) {
        at += waitMs;
        if (succeeds) {
          budget.succeeded(at);
          successes += 1;
        }
        taken += takeAll(budget, at);
        expect(taken).toBeLessThanOrEqual(6 + (6 * at) / 60_000 + 0.2 * successes + 1e-6);
      }
    }),
  );
});
