import { expect, test } from 'vitest';
import { synthetic } from '../workload/generate/synthetic.ts';
import { simulate, simulateEach } from './simulate.ts';
import type { SimulateOptions } from './options.ts';

const OPTIONS: SimulateOptions = {
  workload: synthetic('synthetic:poisson', { requestsPerSecond: 6, durationMs: 40_000, seed: 3 }),
  flex: 'endless',
  policy: 'offpeak',
  profile: 'h100-8b',
  engines: 1,
  seed: 1,
  slo: { ttftMs: 500, tpotMs: 50 },
};

test('a report has what it is to be compared with', () => {
  let progress = 0;
  const report = simulate({
    ...OPTIONS,
    onProgress: (share) => {
      expect(share).toBeGreaterThanOrEqual(progress);
      progress = share;
    },
  });
  expect(progress).toBeCloseTo(1, 1);
  expect(report).toMatchObject({ simulated: true, policy: 'offpeak', profile: 'h100-8b', engines: 1, seed: 1 });
  const { h1, h2, oracleShare } = report.harvest;
  expect(report.load).toBeGreaterThan(0.2);
  expect(h2).toBeCloseTo(h1! / (1 - report.load!), 6);
  expect(oracleShare).toBeGreaterThan(0.3);
  expect(report.alone.standard!.ttftMs!.p50).toBeLessThan(report.tiers.standard!.ttftMs!.p50);
  expect(report.alone.flex).toBeUndefined();
  expect(report.series!.tiers.flex!.tokensPerSecond.some((tokens) => tokens > 0)).toBe(true);
});

test('several policies share what they are compared with', () => {
  const [ours, oracle] = simulateEach(OPTIONS, ['offpeak', 'oracle']);
  expect(oracle!.harvest.oracleShare).toBe(1);
  expect(ours!.alone).toEqual(oracle!.alone);
  expect(ours!.harvest.oracleShare).toBeCloseTo(ours!.harvest.h1! / oracle!.harvest.h1!, 6);
});

test('without flex there is nothing to harvest and nothing to compare with', () => {
  const report = simulate({ ...OPTIONS, flex: null });
  expect(report.harvest).toEqual({ h1: null, h2: null, oracleShare: null });
  expect(report.alone).toEqual({});
  expect(report.tiers.standard!.completed).toBeGreaterThan(100);
});

test('a trace of flex is run as flex, except where it names a tier', () => {
  const flex = synthetic('synthetic:poisson', { requestsPerSecond: 2, durationMs: 40_000, seed: 9 });
  const report = simulate({ ...OPTIONS, flex, references: false });
  expect(report.tiers.flex!.completed).toBeGreaterThan(30);
  expect(report.tiers.standard!.completed).toBeGreaterThan(100);
});
