import { describe, expect, test } from 'vitest';
import { Gauge } from './gauge.ts';
import { RunCollector, type RequestOutcome } from './run-collector.ts';
import { SERIES_POINTS_MAX, stepFor } from './steps.ts';

const SLO = { ttftMs: 500, tpotMs: 50 };

function outcome(changes: Partial<RequestOutcome>): RequestOutcome {
  return {
    tier: 'standard',
    atMs: 0,
    outcome: 'completed',
    ttftMs: 100,
    tpotMs: 20,
    inputTokens: 10,
    outputTokens: 5,
    ...changes,
  };
}

function collector(options: { measureFromMs?: number; measureToMs?: number } = {}): RunCollector {
  return new RunCollector({ durationMs: 120_000, slo: SLO, ...options });
}

describe('reports of tiers', () => {
  test('count outcomes, tokens of what was not refused, and who was within the SLO', () => {
    const run = collector();
    run.request(outcome({}));
    run.request(outcome({ ttftMs: 501 }));
    run.request(outcome({ tpotMs: 51 }));
    run.request(outcome({ tpotMs: null, outputTokens: 1 }));
    run.request(outcome({ outcome: 'refused', ttftMs: null, tpotMs: null, outputTokens: 0 }));
    run.request(outcome({ outcome: 'failed', ttftMs: 10, tpotMs: null, outputTokens: 1 }));
    const { standard } = run.tiers();
    expect(standard).toMatchObject({
      requests: 6,
      completed: 4,
      refused: 1,
      failed: 1,
      inputTokens: 50,
      outputTokens: 17,
      sloAttainment: 2 / 6,
    });
    expect(standard!.ttftMs!.p50).toBeCloseTo(100, -1);
    expect(standard!.tpotMs!.p99).toBeCloseTo(51, 0);
  });

  test('name the tiers that were there, highest first, and no other', () => {
    const run = collector();
    run.request(outcome({ tier: 'flex', outcome: 'refused', ttftMs: null, tpotMs: null }));
    run.request(outcome({ tier: 'priority' }));
    expect(Object.keys(run.tiers())).toEqual(['priority', 'flex']);
    expect(run.tiers().flex).toMatchObject({ ttftMs: null, tpotMs: null, sloAttainment: 0 });
  });

  test('leave out what arrives before and after the measured span', () => {
    const run = collector({ measureFromMs: 1000, measureToMs: 2000 });
    for (const atMs of [0, 999, 1000, 2000, 2001]) {
      run.request(outcome({ atMs }));
      run.computed('flex', atMs, 10);
      run.evicted(atMs);
    }
    expect(run.tiers().standard).toMatchObject({ requests: 2 });
    // What is told at the beginning was computed before it.
    expect(run.tokensComputed('flex')).toBe(10);
    expect(run.tokensComputed('batch')).toBe(0);
    expect(run.evictions).toBe(2);
    expect(run.series().evictions.slice(0, 3)).toEqual([2, 1, 2]);
  });
});

describe('the series', () => {
  test('has a value per step, and null where nothing was there to measure', () => {
    const run = collector();
    run.request(outcome({ atMs: 500, ttftMs: 100 }));
    run.request(outcome({ atMs: 700, ttftMs: 200, tpotMs: null }));
    run.computed('standard', 2_500, 4000);
    run.queueDepth('standard', 3_000, 4);
    run.queueDepth('standard', 4_500, 2);
    run.queueDepth('standard', 6_000, 0);
    const { stepMs, tiers, evictions } = run.series();
    expect(stepMs).toBe(1000);
    expect(evictions).toHaveLength(120);
    const standard = tiers.standard!;
    expect(standard.ttftP50Ms[0]).toBeCloseTo(100, 0);
    expect(standard.ttftP99Ms[0]).toBeCloseTo(200, 0);
    expect(standard.ttftP50Ms[1]).toBeNull();
    expect(standard.tpotP50Ms.slice(0, 2)).toEqual([20, null]);
    expect(standard.tokensPerSecond.slice(1, 4)).toEqual([0, 4000, 0]);
    expect(standard.queueDepth.slice(2, 7)).toEqual([0, 4, 3, 2, 0]);
    expect(Object.keys(tiers)).toEqual(['standard']);
  });

  test('leaves out what comes after the end', () => {
    const run = collector();
    run.request(outcome({ atMs: 120_000 }));
    run.computed('standard', 300_000, 5);
    run.evicted(120_000);
    run.queueDepth('standard', 119_000, 1);
    run.queueDepth('standard', 500_000, 9);
    const { tiers, evictions } = run.series();
    expect(evictions.every((count) => count === 0)).toBe(true);
    expect(tiers.standard!.queueDepth.at(-1)).toBe(1);
    expect(tiers.standard!.ttftP50Ms.every((value) => value === null)).toBe(true);
    expect(run.tiers().standard).toMatchObject({ requests: 1 });
  });

  test('has a bounded number of points however long the run', () => {
    for (const durationMs of [1, 900, 60_000, 3_600_000, 14 * 86_400_000, 5000 * 86_400_000]) {
      const points = durationMs / stepFor(durationMs);
      expect(points).toBeLessThanOrEqual(SERIES_POINTS_MAX);
      if (durationMs >= 60_000) expect(points).toBeGreaterThan(SERIES_POINTS_MAX / 4);
    }
  });
});

test('a gauge weighs its values by how long they held, in the last, shorter step too', () => {
  const gauge = new Gauge(100, 3);
  gauge.set(50, 10);
  gauge.set(225, 2);
  // 50 ms of 10; 100 ms of 10; 25 ms of 10 and 25 ms of 2 in the half step.
  expect(gauge.means(250)).toEqual([5, 10, 6]);
});
