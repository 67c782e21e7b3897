import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WorkloadProblem } from '../problem.ts';
import { Random } from '../random.ts';
import type { Workload } from '../workload.ts';
import { chatHistoryLengths, lognormalLength, zipfLength, type LengthDraw } from './lengths.ts';
import { SYNTHETIC_NAMES, synthetic, type SyntheticOptions } from './synthetic.ts';

function meanOf(workload: Workload, of: 'inputTokens' | 'outputTokens'): number {
  return workload.requests.reduce((sum, request) => sum + request[of], 0) / workload.requests.length;
}

function sorted(draw: LengthDraw, seed = 1, count = 100_000): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => draw(random)).sort((one, other) => one - other);
}

describe('synthetic workloads', () => {
  test.each(SYNTHETIC_NAMES)('%s: ordered, inside its time, the same for the same seed', (name) => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.integer(),
          durationMs: fc.integer({ min: 1, max: 60_000 }),
          requestsPerSecond: fc.double({ min: 0.01, max: 50, noNaN: true }),
        }),
        (options: SyntheticOptions) => {
          const workload = synthetic(name, options);
          workload.requests.forEach(({ atMs, inputTokens, outputTokens }, index) => {
            expect(atMs).toBeGreaterThanOrEqual(workload.requests[index - 1]?.atMs ?? 0);
            expect(atMs).toBeLessThan(options.durationMs!);
            expect(Number.isInteger(inputTokens) && inputTokens > 0).toBe(true);
            expect(Number.isInteger(outputTokens) && outputTokens > 0).toBe(true);
          });
          expect(synthetic(name, options)).toEqual(workload);
          expect(workload.durationMs).toBe(options.durationMs);
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each(SYNTHETIC_NAMES)('%s: the mean rate and lengths asked for', (name) => {
    const options = { durationMs: 1_000_000, requestsPerSecond: 40, inputTokensMean: 700, outputTokensMean: 90 };
    const workload = synthetic(name, options);
    expect(workload.requests.length / 40_000).toBeGreaterThan(0.97);
    expect(workload.requests.length / 40_000).toBeLessThan(1.03);
    expect(meanOf(workload, 'inputTokens') / 700).toBeCloseTo(1, 1);
    expect(meanOf(workload, 'outputTokens') / 90).toBeCloseTo(1, 1);
  });

  test('a change of the lengths leaves the arrivals as they were', () => {
    const arrivals = (options: SyntheticOptions): number[] =>
      synthetic('synthetic:bursty', options).requests.map(({ atMs }) => atMs);
    expect(arrivals({ inputTokensMean: 100 })).toEqual(arrivals({}));
    expect(arrivals({ seed: 2 })).not.toEqual(arrivals({}));
  });

  test('ten minutes of diurnal traffic see a whole day, and a day may be longer', () => {
    const share = (workload: Workload, from: number, to: number): number =>
      workload.requests.filter(({ atMs }) => atMs >= from * 600_000 && atMs < to * 600_000).length /
      workload.requests.length;
    const day = synthetic('synthetic:diurnal', { requestsPerSecond: 50 });
    expect(share(day, 3 / 24, 5 / 24)).toBeLessThan(0.03);
    expect(share(day, 14 / 24, 17 / 24)).toBeGreaterThan(0.18);
    const night = synthetic('synthetic:diurnal', { requestsPerSecond: 50, dayMs: 4 * 600_000 });
    expect(night.requests.length).toBeLessThan(0.5 * day.requests.length);
  });

  test('measured lengths are drawn in pairs', () => {
    const pairs = [
      { inputTokens: 1, outputTokens: 10 },
      { inputTokens: 2, outputTokens: 20 },
    ];
    const { requests } = synthetic('synthetic:poisson', { lengths: { title: 'two', pairs } });
    expect(requests.every(({ inputTokens, outputTokens }) => outputTokens === inputTokens * 10)).toBe(true);
    expect(new Set(requests.map(({ inputTokens }) => inputTokens))).toEqual(new Set([1, 2]));
  });

  test('a million requests are no trouble', () => {
    const workload = synthetic('synthetic:poisson', { requestsPerSecond: 1_000, durationMs: 1_000_000 });
    expect(workload.requests.length).toBeGreaterThan(990_000);
  });

  test.each<[SyntheticOptions, string]>([
    [{ requestsPerSecond: 0 }, 'requestsPerSecond is 0; expected a number above 0'],
    [{ durationMs: -5 }, 'durationMs is -5; expected a number above 0'],
    [{ durationMs: Number.NaN }, 'durationMs is NaN'],
    [{ inputTokensMean: 0.5 }, 'inputTokensMean is 0.5; expected a number of 1 or more'],
    [{ cv: 0 }, 'cv is 0'],
    [{ durationMs: 1e9, dayMs: 1 }, 'dayMs is 1; expected a number of 100000 or more'],
    [{ burst: { fromMs: 0, durationMs: 0, times: 2 } }, 'burst.durationMs is 0'],
    [{ requestsPerSecond: 1e6, durationMs: 1e6 }, 'over 10000000 requests (requestsMax)'],
    [{ requestsPerSecond: 10, durationMs: 1e6, burst: { fromMs: 0, durationMs: 1e6, times: 1_500 } }, 'over 10000000'],
    [{ lengths: { title: 'none.csv', pairs: [] } }, 'the lengths none.csv are empty'],
  ])('%j is refused', (options, message) => {
    expect(() => synthetic('synthetic:poisson', options)).toThrow(WorkloadProblem);
    expect(() => synthetic('synthetic:poisson', options)).toThrow(message);
  });

  test('so is a name that is none', () => {
    expect(() => synthetic('synthetic:weekly')).toThrow(
      'the workload is "synthetic:weekly"; expected synthetic:poisson, synthetic:diurnal, synthetic:bursty',
    );
  });
});

describe('lengths', () => {
  test('lognormal by its median and its mean or 99th percentile', () => {
    const byMean = sorted(lognormalLength({ p50: 500, mean: 800 }));
    expect(byMean[50_000]! / 500).toBeCloseTo(1, 1);
    expect(byMean.reduce((sum, length) => sum + length, 0) / 100_000 / 800).toBeCloseTo(1, 1);
    const byTail = sorted(lognormalLength({ p50: 500, p99: 4_000, max: 6_000 }));
    expect(byTail[50_000]! / 500).toBeCloseTo(1, 1);
    expect(byTail[99_000]! / 4_000).toBeCloseTo(1, 1);
    expect(byTail.at(-1)).toBe(6_000);
    expect(() => lognormalLength({ p50: 500 })).toThrow('either its mean or its 99th percentile');
    expect(() => lognormalLength({ p50: 500, mean: 400 })).toThrow('the mean length is 400; expected a number of 500');
  });

  test('a tail as of Zipf: twice the length, so much rarer, and never outside its bounds', () => {
    const lengths = sorted(zipfLength({ min: 10, max: 10_000, exponent: 2 }));
    const above = (length: number): number => lengths.filter((one) => one >= length).length;
    expect(lengths[0]).toBe(10);
    expect(lengths.at(-1)).toBeLessThanOrEqual(10_000);
    expect(above(100) / above(200)).toBeCloseTo(2, 0);
    expect(above(200) / above(400)).toBeCloseTo(2, 0);
  });

  test('chat histories have the quantiles of their originals', () => {
    const inputs = sorted((random) => chatHistoryLengths.draw(random).inputTokens);
    const outputs = sorted((random) => chatHistoryLengths.draw(random).outputTokens);
    expect([inputs[50_000]! / 1_730, inputs[90_000]! / 5_700]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)]);
    expect([outputs[50_000]! / 415, outputs[99_000]! / 998]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)]);
    expect([inputs[0]! >= 2, inputs.at(-1)! <= 8_140, outputs.at(-1)! <= 1_024]).toEqual([true, true, true]);
  });
});
