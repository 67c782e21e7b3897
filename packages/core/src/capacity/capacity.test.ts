import { expect, test } from 'vitest';
import { AimdCapacity, DEFAULT_AIMD_LIMITS } from './aimd-capacity.ts';
import { defaultCapacity } from './default-capacity.ts';
import { StaticCapacity } from './static-capacity.ts';

const { slotsStart, slotsMin, slotsMax, windowMs } = DEFAULT_AIMD_LIMITS;

/** A window in which tickets wait for slots, and its end. */
function demandFor(capacity: AimdCapacity, at: number): void {
  capacity.observe({ kind: 'limited', at });
  capacity.observe({ kind: 'review', at: at + windowMs });
}

test('a spec chooses its model', () => {
  expect(defaultCapacity({ slots: 3 })).toBeInstanceOf(StaticCapacity);
  expect(defaultCapacity({ slots: 3 }).kvTokensLimit).toBe(Infinity);
  expect(defaultCapacity({ slots: 'auto', kvTokens: 10 })).toBeInstanceOf(AimdCapacity);
});

test('slots and KV both bound what is admitted', () => {
  const capacity = new StaticCapacity(2, 100);
  expect(capacity.admits('flex', 60, { slots: 1, kvTokens: 40 })).toBe(true);
  expect(capacity.admits('flex', 61, { slots: 1, kvTokens: 40 })).toBe(false);
  expect(capacity.admits('flex', 1, { slots: 2, kvTokens: 0 })).toBe(false);
  capacity.observe({ kind: 'bounced', at: 0 });
  expect(capacity.slotsLimit).toBe(2);
});

test('auto slots double under demand, and by one after the first congestion', () => {
  const capacity = new AimdCapacity(Infinity);
  demandFor(capacity, 0);
  demandFor(capacity, windowMs);
  expect(capacity.slotsLimit).toBe(slotsStart * 4);
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 });
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 0 });
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 });
  expect(capacity.slotsLimit).toBe(slotsStart * 4);
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 });
  expect(capacity.slotsLimit).toBe(slotsStart * 2);
  demandFor(capacity, 3 * windowMs);
  expect(capacity.slotsLimit).toBe(slotsStart * 2 + 1);
});

test('without demand the limit stays, and nothing is due', () => {
  const capacity = new AimdCapacity(Infinity);
  expect(capacity.reviewAt).toBeNull();
  capacity.observe({ kind: 'review', at: 100 * windowMs });
  capacity.observe({ kind: 'stats', at: 200 * windowMs, waiting: 0 });
  expect(capacity.slotsLimit).toBe(slotsStart);
  capacity.observe({ kind: 'limited', at: 300 * windowMs });
  expect(capacity.reviewAt).toBe(301 * windowMs);
});

test('congestion halves once per window, down to the minimum, and growth ends at the maximum', () => {
  const capacity = new AimdCapacity(Infinity);
  capacity.observe({ kind: 'bounced', at: 0 });
  capacity.observe({ kind: 'bounced', at: 1 });
  expect(capacity.slotsLimit).toBe(slotsStart / 2);
  for (let window = 1; window < 10; window += 1) {
    capacity.observe({ kind: 'bounced', at: window * windowMs });
  }
  expect(capacity.slotsLimit).toBe(slotsMin);

  const eager = new AimdCapacity(Infinity);
  for (let window = 0; window < 20; window += 1) {
    demandFor(eager, window * windowMs);
  }
  expect(eager.slotsLimit).toBe(slotsMax);
});

test('first tokens far beyond their own baseline are congestion; long prompts, and quick ones, are not', () => {
  let capacity = new AimdCapacity(Infinity);
  const firstTokens = (count: number, ttftMs: number, inputTokens: number): void => {
    for (let index = 0; index < count; index += 1) {
      capacity.observe({ kind: 'first-token', at: index, ttftMs, inputTokens });
    }
  };
  firstTokens(20, 50, 500);
  firstTokens(20, 1_000, 19_500);
  expect(capacity.slotsLimit).toBe(slotsStart);
  capacity = new AimdCapacity(Infinity);
  firstTokens(20, 50, 500);
  firstTokens(20, 400, 500);
  expect(capacity.slotsLimit).toBe(slotsStart);
  firstTokens(20, 1_000, 500);
  expect(capacity.slotsLimit).toBe(slotsStart / 2);
});
