import { describe, expect, it } from 'vitest';
import { halfSpreadShare, median, quantileOfSorted } from './stats.ts';

describe('quantileOfSorted', () => {
  it('takes the nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect(quantileOfSorted(hundred, 0.5)).toBe(50);
    expect(quantileOfSorted(hundred, 0.99)).toBe(99);
    expect(quantileOfSorted(hundred, 1)).toBe(100);
    expect(quantileOfSorted([7], 0.01)).toBe(7);
    expect(quantileOfSorted([], 0.5)).toBeNaN();
  });
});

describe('median', () => {
  it('does not depend on the order and leaves its input alone', () => {
    const values = [9, 1, 5];
    expect(median(values)).toBe(5);
    expect(values).toEqual([9, 1, 5]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
  });
});

describe('halfSpreadShare', () => {
  it('is 0 of one round and 10 % for 9 to 11 around 10', () => {
    expect(halfSpreadShare([10])).toBe(0);
    expect(halfSpreadShare([9, 10, 11])).toBeCloseTo(0.1);
  });
});
