import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Random } from '../random.ts';
import { arrivalsOf, gammaGaps, poissonGaps, weibullGaps, type Gaps } from './arrivals.ts';
import { gammaFunction } from './gamma-function.ts';
import { constantRate, dailyRate, weeklyRate, withBurst, withOnOff, type RateProfile } from './rates.ts';

const HOUR_MS = 3_600_000;

function countBetween(times: readonly number[], fromMs: number, toMs: number): number {
  return times.filter((at) => at >= fromMs && at < toMs).length;
}

/** Of the gaps between arrivals: deviation over mean. */
function cvOf(times: readonly number[]): number {
  const gaps = times.slice(1).map((at, index) => at - times[index]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return Math.sqrt(variance) / mean;
}

test('the gamma function', () => {
  expect(gammaFunction(5)).toBeCloseTo(24, 8);
  expect(gammaFunction(0.5)).toBeCloseTo(Math.sqrt(Math.PI), 9);
  expect(gammaFunction(1.25)).toBeCloseTo(0.9064024770554771, 9);
  expect(gammaFunction(12.5) / 136843225.60400352).toBeGreaterThan(0);
  expect(gammaFunction(21) / 2_432_902_008_176_640_000).toBeCloseTo(1, 9);
});

describe('gaps', () => {
  const KINDS: [string, Gaps, number][] = [
    ['poisson', poissonGaps, 1],
    ['bursty gamma', gammaGaps(1 / 9), 3],
    ['regular gamma', gammaGaps(25), 0.2],
    ['bursty weibull', weibullGaps(0.5), Math.sqrt(5)],
    ['regular weibull', weibullGaps(2), 0.5227],
  ];

  test.each(KINDS)('%s: the rate and the burstiness asked for', (_name, gaps, cv) => {
    const times = arrivalsOf(constantRate(50), gaps, HOUR_MS, new Random(3));
    expect(times.length / (50 * 3_600)).toBeCloseTo(1, 1);
    expect(cvOf(times) / cv).toBeCloseTo(1, 1);
  });

  test.each(KINDS)('%s: in many short stretches the rate is right too, though each starts anew', (_name, gaps) => {
    let arrivals = 0;
    // Stretches of two arrivals on average: here a wrong first gap shows.
    for (let seed = 0; seed < 20_000; seed += 1) {
      arrivals += arrivalsOf(constantRate(2), gaps, 1_000, new Random(5, seed)).length;
    }
    expect(arrivals / 40_000).toBeGreaterThan(0.96);
    expect(arrivals / 40_000).toBeLessThan(1.04);
  });

  test('arrivals are in order, inside the time, and the same for the same seed, whatever the rate does', () => {
    const profile = fc.oneof(
      fc
        .record({ mean: fc.double({ min: 0.1, max: 200, noNaN: true }), dayMs: fc.integer({ min: 1, max: 50_000 }) })
        .map(weeklyRate),
      fc.constant(withBurst(constantRate(3), { fromMs: 4_000, durationMs: 2_000, times: 0 })),
      fc.constant<RateProfile>(() => ({ perSecond: 0, untilMs: 20_000 })),
    );
    const gaps = fc.oneof(
      fc.constant(poissonGaps),
      fc.double({ min: 0.01, max: 100, noNaN: true }).map(gammaGaps),
      fc.double({ min: 0.1, max: 20, noNaN: true }).map(weibullGaps),
    );
    fc.assert(
      fc.property(profile, gaps, fc.integer(), (rate, kind, seed) => {
        const times = arrivalsOf(rate, kind, 10_000, new Random(seed));
        times.forEach((at, index) => {
          expect(at).toBeGreaterThanOrEqual(times[index - 1] ?? 0);
          expect(at).toBeLessThan(10_000);
        });
        expect(arrivalsOf(rate, kind, 10_000, new Random(seed))).toEqual(times);
      }),
    );
  });
});

describe('rates', () => {
  /** The mean of a profile, from its pieces. */
  function meanOf(profile: RateProfile, fromMs: number, toMs: number): number {
    let sum = 0;
    for (let atMs = fromMs; atMs < toMs;) {
      const { perSecond, untilMs } = profile(atMs);
      const endMs = Math.min(untilMs, toMs);
      sum += perSecond * (endMs - atMs);
      atMs = endMs;
    }
    return sum / (toMs - fromMs);
  }

  test('a day has the mean asked for, however long it is; nights are quiet, and lunch lies between two peaks', () => {
    for (const dayMs of [1_000, 60_000, 24 * HOUR_MS]) {
      const day = dailyRate({ mean: 10, dayMs });
      const hour = (clock: number): number => meanOf(day, (clock / 24) * dayMs, ((clock + 1) / 24) * dayMs);
      expect(meanOf(day, 0, dayMs)).toBeCloseTo(10, 1);
      expect(meanOf(day, dayMs, 2 * dayMs)).toBeCloseTo(10, 1);
      expect(hour(15) / hour(4)).toBeGreaterThan(5);
      expect(hour(12)).toBeLessThan(hour(10));
      expect(hour(12)).toBeLessThan(hour(15));
      expect(hour(20)).toBeLessThan(hour(15));
    }
  });

  test('a week has the mean asked for, and a quiet weekend', () => {
    const week = weeklyRate({ mean: 10, dayMs: 1_000 });
    expect(meanOf(week, 0, 7_000)).toBeCloseTo(10, 1);
    expect(meanOf(week, 5_000, 7_000)).toBeLessThan(0.65 * meanOf(week, 0, 5_000));
    expect(meanOf(week, 7_000, 8_000)).toBeCloseTo(meanOf(week, 0, 1_000), 6);
  });

  test('a burst is that many times busier, from then to then', () => {
    const profile = withBurst(constantRate(100), { fromMs: 10_000, durationMs: 5_000, times: 3 });
    const times = arrivalsOf(profile, poissonGaps, 30_000, new Random(1));
    expect(countBetween(times, 0, 10_000) / 1_000).toBeCloseTo(1, 0);
    expect(countBetween(times, 10_000, 15_000) / 500).toBeGreaterThan(2.8);
    expect(countBetween(times, 10_000, 15_000) / 500).toBeLessThan(3.2);
    expect(countBetween(times, 15_000, 30_000) / 1_500).toBeCloseTo(1, 0);
  });

  test('on and off: two rates, and the mean of the profile whatever is drawn', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 1, max: 10, noNaN: true }), (seed, times) => {
        const profile = withOnOff(constantRate(7), { onMs: 500, offMs: 1_500, times }, 20_000, new Random(seed));
        expect(meanOf(profile, 0, 20_000)).toBeCloseTo(7, 6);
        const rates = new Set(Array.from({ length: 200 }, (_, index) => profile(index * 100).perSecond.toFixed(6)));
        expect(rates.size).toBeLessThanOrEqual(2);
      }),
    );
  });
});
