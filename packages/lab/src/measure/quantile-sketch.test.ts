import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QuantileSketch, RELATIVE_ERROR } from './quantile-sketch.ts';

const SHARES = [0, 0.01, 0.5, 0.9, 0.99, 1];
/** Rounding in the logarithm may move a value on a bucket's bound to the next bucket. */
const TOLERANCE = RELATIVE_ERROR + 1e-9;

function sketchOf(values: readonly number[]): QuantileSketch {
  const sketch = new QuantileSketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

/** By sorting, as the definition says. */
function exact(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

const value = fc.oneof(
  fc.double({ min: 1e-5, max: 1e11, noNaN: true }),
  fc.integer({ min: 1, max: 100_000 }),
  fc.double({ min: 0.1, max: 1000, noNaN: true }),
);
const values = fc.array(value, { minLength: 1, maxLength: 300 });

describe('a quantile sketch', () => {
  test('tells every quantile within its relative error', () => {
    fc.assert(
      fc.property(values, (given) => {
        const sketch = sketchOf(given);
        expect(sketch.count).toBe(given.length);
        for (const share of SHARES) {
          const truth = exact(given, share);
          expect(Math.abs(sketch.quantile(share) - truth)).toBeLessThanOrEqual(truth * TOLERANCE);
        }
      }),
    );
  });

  test('merged from parts is the sketch of all', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const merged = sketchOf(left);
        merged.merge(sketchOf(right));
        const whole = sketchOf([...left, ...right]);
        expect(merged.count).toBe(whole.count);
        expect(Math.abs(merged.mean / whole.mean - 1)).toBeLessThan(1e-9);
        for (const share of SHARES) expect(merged.quantile(share)).toBe(whole.quantile(share));
      }),
    );
  });

  test('has an exact mean, exact ends, and a place for zero', () => {
    const sketch = sketchOf([0, 10, 20]);
    expect(sketch.mean).toBe(10);
    expect(sketch.quantile(0)).toBe(0);
    expect(sketch.quantile(1)).toBe(20);
    expect(sketchOf([7]).quantiles()).toEqual({ mean: 7, p50: 7, p90: 7, p99: 7 });
  });

  test('knows that it is empty', () => {
    expect(new QuantileSketch().quantiles()).toBeNull();
    expect(new QuantileSketch().quantile(0.5)).toBeNaN();
    const merged = new QuantileSketch();
    merged.merge(new QuantileSketch());
    expect(merged.count).toBe(0);
  });

  test('refuses what is no length of time', () => {
    expect(() => sketchOf([-1])).toThrow(RangeError);
    expect(() => sketchOf([Number.NaN])).toThrow(RangeError);
    expect(sketchOf([Infinity]).count).toBe(1);
  });
});
