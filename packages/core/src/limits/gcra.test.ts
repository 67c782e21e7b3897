import fc from 'fast-check';
import { expect, test } from 'vitest';
import { take, used, waitMs } from './gcra.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const rates = fc.record({
  limit: fc.integer({ min: 1, max: 500 }),
  periodMs: fc.constantFrom(MINUTE_MS, DAY_MS),
});
/** Readings of a monotonic clock, from its start to a year later. */
const times = fc.double({ min: 0, max: 365 * DAY_MS, noNaN: true });

test('a full bucket admits its burst to the last unit, and no more, at any time of the clock', () => {
  fc.assert(
    fc.property(rates, times, (rate, at) => {
      let tat = at;
      for (let unit = 0; unit < rate.limit; unit += 1) {
        expect(waitMs(rate, tat, 1, at)).toBe(0);
        tat = take(rate, tat, 1, at);
      }
      expect(waitMs(rate, tat, 1, at)).toBeGreaterThan(0);
      expect(used(rate, tat, at)).toBeCloseTo(rate.limit, 3);
    }),
  );
});

test('a full bucket admits its whole burst at once', () => {
  fc.assert(
    fc.property(rates, times, (rate, at) => {
      expect(waitMs(rate, 0, rate.limit, at)).toBe(0);
      expect(waitMs(rate, 0, rate.limit + 1, at)).toBe(Infinity);
    }),
  );
});

test('the wait that is told is enough, and one that is shorter is not', () => {
  fc.assert(
    fc.property(rates, times, (rate, at) => {
      const tat = take(rate, at, rate.limit, at);
      const wait = waitMs(rate, tat, 1, at);
      expect(waitMs(rate, tat, 1, at + wait)).toBe(0);
      expect(waitMs(rate, tat, 1, at + wait - 1)).toBeGreaterThan(0);
    }),
  );
});
