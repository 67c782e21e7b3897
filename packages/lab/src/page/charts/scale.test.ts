import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countScale, latencyScale, linearScale, roundStep, spanScale, type Scale } from './scale.ts';

const value = fc.double({ min: 1e-3, max: 1e7, noNaN: true });
const values = fc.array(value, { minLength: 1, maxLength: 20 });

function expectCovered(scale: Scale, given: readonly number[]): void {
  for (const one of given) {
    expect(scale.at(one)).toBeGreaterThanOrEqual(-1e-6);
    expect(scale.at(one)).toBeLessThanOrEqual(100 + 1e-6);
  }
  const places = scale.ticks.map((tick) => scale.at(tick));
  expect(places).toEqual(places.toSorted((a, b) => a - b));
  expect(scale.ticks.length).toBeGreaterThanOrEqual(2);
  expect(scale.ticks.length).toBeLessThanOrEqual(12);
}

describe('scales', () => {
  test('have a place for every value, and few marks', () => {
    fc.assert(
      fc.property(values, (given) => {
        expectCovered(linearScale(given, 0, 100), given);
        expectCovered(latencyScale(given, 0, 100), given);
        expectCovered(spanScale(given, 0, 100), given);
      }),
    );
  });

  test('begin at 0 and end at a round number', () => {
    expect(linearScale([17, 93], 0, 100).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(linearScale([0.3], 0, 100).ticks).toEqual([0, 0.1, 0.2, 0.3]);
    expect(linearScale([], 0, 100).ticks[0]).toBe(0);
    expect(linearScale([0], 0, 100).at(0)).toBe(0);
  });

  test('of counts have whole marks', () => {
    expect(countScale([2], 0, 100).ticks).toEqual([0, 1, 2]);
    expect(countScale([12], 0, 100).ticks).toEqual([0, 5, 10, 15]);
    expect(countScale([120], 0, 100).ticks).toEqual([0, 25, 50, 75, 100, 125]);
    expect(countScale([0], 0, 100).ticks).toEqual([0, 1]);
  });

  test('of points begin where the points do', () => {
    expect(spanScale([0.93, 1.31], 0, 100).ticks).toEqual([0.9, 1, 1.1, 1.2, 1.3, 1.4]);
    expect(spanScale([0.9, 1.3], 0, 100).at(0.9)).toBeCloseTo(0, 9);
    expect(spanScale([2, 2], 0, 100).ticks[0]).toBe(0);
  });

  test('are logarithmic only where values differ much', () => {
    expect(latencyScale([10, 300], 0, 100).logarithmic).toBe(false);
    const scale = latencyScale([30, 4000], 0, 100);
    expect(scale).toMatchObject({ logarithmic: true, ticks: [20, 50, 100, 200, 500, 1000, 2000, 5000] });
    expect(scale.at(0)).toBe(0);
    expect(latencyScale([0.02, 90_000], 0, 100).ticks).toEqual([0.1, 1, 10, 100, 1000, 10_000, 100_000]);
  });

  test('steps are round', () => {
    expect([0.7, 1, 1.1, 2.2, 3, 7, 1234].map(roundStep)).toEqual([1, 1, 2, 2.5, 5, 10, 2000]);
  });
});
