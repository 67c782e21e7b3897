import { describe, expect, test } from 'vitest';
import { meanWithInterval, median } from './intervals.ts';

/** A generator of its own, so that the test is the same every time. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('meanWithInterval', () => {
  test('agrees with a worked example', () => {
    // Mean 12, standard deviation 1.5811, t(4) = 2.7764: half width 2.7764 * 1.5811 / sqrt(5).
    const interval = meanWithInterval([10, 11, 12, 13, 14])!;
    expect(interval.mean).toBe(12);
    expect(interval.high - 12).toBeCloseTo(1.9632, 3);
    expect(12 - interval.low).toBeCloseTo(1.9632, 3);
    expect(interval.values).toBe(5);
  });

  test('is itself for one value, and null for none', () => {
    expect(meanWithInterval([3])).toEqual({ mean: 3, low: 3, high: 3, values: 1 });
    expect(meanWithInterval([])).toBeNull();
  });

  test('holds the true mean about 95 times in 100, with few values and with many', () => {
    const next = uniform(7);
    const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    for (const count of [3, 8, 31, 60]) {
      let held = 0;
      for (let trial = 0; trial < 2000; trial += 1) {
        const { low, high } = meanWithInterval(Array.from({ length: count }, normal))!;
        if (low <= 0 && high >= 0) held += 1;
      }
      expect(held / 2000).toBeGreaterThan(0.935);
      expect(held / 2000).toBeLessThan(0.965);
    }
  });

  test('goes on smoothly where the table ends', () => {
    const halfWidth = (count: number): number => {
      const values = Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 1 : -1));
      const { low, high, mean } = meanWithInterval(values)!;
      const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return (high - low) / 2 / Math.sqrt(squares / (count - 1) / count);
    };
    expect(halfWidth(31)).toBeCloseTo(2.0423, 3);
    expect(halfWidth(32)).toBeCloseTo(2.0395, 3);
    expect(halfWidth(121)).toBeCloseTo(1.9799, 3);
  });
});

test('the median is the middle one, or between the two middle ones', () => {
  expect(median([])).toBeNull();
  expect(median([5, 1, 9])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});
