import { rateOf, synthetic, type Workload } from '@offpeak/lab';
import { describe, expect, it } from 'vitest';
import { openTrace, recordedPortion } from './traces.ts';

const TRACE: Workload = synthetic('synthetic:bursty', { durationMs: 600_000, requestsPerSecond: 4, seed: 7 });

describe('recordedPortion', () => {
  it('has the wanted rate and length, whatever the rate of the place that the seed chooses', () => {
    for (let seed = 1; seed <= 8; seed += 1) {
      const portion = recordedPortion(TRACE, { requestsPerSecond: 10, durationMs: 30_000, seed });
      expect(portion.durationMs).toBe(30_000);
      expect(rateOf(portion)).toBeCloseTo(10, 0);
      expect(portion.requests.every(({ atMs }) => atMs >= 0 && atMs <= 30_000)).toBe(true);
    }
  });

  it('is the same for the same seed and other requests for another', () => {
    const portion = (seed: number): Workload =>
      recordedPortion(TRACE, { requestsPerSecond: 10, durationMs: 30_000, seed });
    expect(portion(1)).toEqual(portion(1));
    expect(portion(1).requests).not.toEqual(portion(2).requests);
  });

  it('lays stretches from several places over each other where the trace is too short, in the order of time', () => {
    const portion = recordedPortion(TRACE, { requestsPerSecond: 200, durationMs: 30_000, seed: 1 });
    expect(portion.requests.length).toBeGreaterThan(2 * TRACE.requests.length);
    expect(rateOf(portion)).toBeCloseTo(200, 0);
    const times = portion.requests.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });
});

it('generated traffic needs no file', async () => {
  const { portion, lengths } = await openTrace('diurnal');
  const workload = await portion({ requestsPerSecond: 20, durationMs: 60_000, seed: 3 });
  expect(rateOf(workload)).toBeGreaterThan(16);
  expect(rateOf(workload)).toBeLessThan(24);
  expect(lengths.pairs.length).toBeGreaterThan(1_000);
});
