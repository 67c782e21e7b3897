import { expect, test } from 'vitest';
import { AimdCapacity, DEFAULT_AIMD_LIMITS } from './aimd-capacity.ts';
import type { Ask, EngineLoad } from './capacity-model.ts';
import { countedSlots } from './default-capacity.ts';
import { StaticCapacity } from './static-capacity.ts';

const { slotsStart, slotsMin, slotsMax, windowMs } = DEFAULT_AIMD_LIMITS;

function flexOf(kvTokens: number): Ask {
  return { tier: 'flex', promptTokens: kvTokens, kvTokens };
}

function holding(slots: number, kvTokens: number): EngineLoad {
  return {
    slots,
    flexSlots: slots,
    kvTokens,
    streams: slots,
    contextTokens: kvTokens,
    prefills: 0,
    prefillTokens: 0,
    flexPrefills: 0,
    flexPrefillTokens: 0,
  };
}

/** A window in which tickets wait for slots, and its end. */
function demandFor(capacity: AimdCapacity, at: number): void {
  capacity.observe({ kind: 'limited', at, ask: flexOf(1), slots: capacity.slotsLimit }, holding(0, 0));
  capacity.observe({ kind: 'review', at: at + windowMs }, holding(0, 0));
}

test('a spec chooses its model', () => {
  expect(countedSlots({ slots: 3 })).toBeInstanceOf(StaticCapacity);
  expect(countedSlots({ slots: 3 }).kvTokensLimit).toBe(Infinity);
  expect(countedSlots({ slots: 'auto', kvTokens: 10 })).toBeInstanceOf(AimdCapacity);
});

test('slots and KV both bound what is admitted', () => {
  const capacity = new StaticCapacity(2, 100);
  expect(capacity.admits(flexOf(60), holding(1, 40), 0)).toBe(true);
  expect(capacity.admits(flexOf(61), holding(1, 40), 0)).toBe(false);
  expect(capacity.admits(flexOf(1), holding(2, 0), 0)).toBe(false);
  expect(capacity.strained(holding(2, 100), 0)).toBe(false);
});

test('auto slots double under demand, and grow by an eighth after the first congestion', () => {
  const capacity = new AimdCapacity(Infinity);
  demandFor(capacity, 0);
  demandFor(capacity, windowMs);
  expect(capacity.slotsLimit).toBe(slotsStart * 4);
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 }, holding(0, 0));
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 0 }, holding(0, 0));
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 }, holding(0, 0));
  expect(capacity.slotsLimit).toBe(slotsStart * 4);
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 }, holding(0, 0));
  capacity.observe({ kind: 'stats', at: 2 * windowMs, waiting: 1 }, holding(0, 0));
  expect(capacity.slotsLimit).toBe(slotsStart * 2);
  demandFor(capacity, 3 * windowMs);
  expect(capacity.slotsLimit).toBe(slotsStart * 2 * 1.125);
});

test('without demand the limit stays, and nothing is due', () => {
  const capacity = new AimdCapacity(Infinity);
  expect(capacity.reviewAt).toBeNull();
  capacity.observe({ kind: 'review', at: 100 * windowMs }, holding(0, 0));
  capacity.observe({ kind: 'stats', at: 200 * windowMs, waiting: 0 }, holding(0, 0));
  expect(capacity.slotsLimit).toBe(slotsStart);
  capacity.observe({ kind: 'limited', at: 300 * windowMs, ask: flexOf(1), slots: slotsStart - 1 }, holding(0, 0));
  expect(capacity.slotsLimit).toBe(slotsStart);
  capacity.observe({ kind: 'limited', at: 300 * windowMs, ask: flexOf(1), slots: slotsStart }, holding(0, 0));
  expect(capacity.slotsLimit).toBe(slotsStart * 2);
  expect(capacity.reviewAt).toBe(301 * windowMs);
});

test('congestion halves once per window, down to the minimum, and growth ends at the maximum', () => {
  const capacity = new AimdCapacity(Infinity);
  capacity.observe({ kind: 'bounced', at: 0, nth: 0 }, holding(0, 0));
  capacity.observe({ kind: 'bounced', at: 1, nth: 1 }, holding(0, 0));
  expect(capacity.slotsLimit).toBe(slotsStart / 2);
  for (let window = 1; window < 10; window += 1) {
    capacity.observe({ kind: 'bounced', at: window * windowMs, nth: window }, holding(0, 0));
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
      capacity.observe(
        {
          kind: 'first-token',
          at: index,
          nth: index,
          tier: 'flex',
          ttftMs,
          expectedMs: null,
          inputTokens,
          unclear: false,
        },
        holding(0, 0),
      );
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

test('an engine that keeps a queue beside the same number that runs has that many slots', () => {
  const capacity = new AimdCapacity(Infinity);
  for (let at = 0; at < DEFAULT_AIMD_LIMITS.fullReadingsMin; at += 1) {
    capacity.observe({ kind: 'stats', at: at * 1_000, waiting: 4, running: 8 }, holding(12, 0));
  }
  expect(capacity.slotsLimit).toBe(8);
  const busy = new AimdCapacity(Infinity);
  for (let at = 0; at < 30; at += 1) {
    busy.observe({ kind: 'stats', at: at * 1_000, waiting: 1, running: 8 + (at % 2) }, holding(10, 0));
  }
  expect(busy.slotsLimit).toBe(slotsStart);
});
