import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { batchJobs } from './batch-jobs.ts';
import { synthetic } from './generate/synthetic.ts';
import { merge, overProjects, rateOf, scaleRate, slice, thin, withBurstOf, withTierMix } from './overlay.ts';
import type { LabRequest, Workload } from './workload.ts';

const steady = synthetic('synthetic:poisson', { requestsPerSecond: 100, durationMs: 100_000 });

function workloadOf(requests: readonly LabRequest[], durationMs = 1_000): Workload {
  return { title: 'made', source: 'test', requests, durationMs };
}

function request(atMs: number, more: Partial<LabRequest> = {}): LabRequest {
  return { atMs, inputTokens: 1, outputTokens: 1, ...more };
}

const anyWorkload = fc
  .array(fc.record({ gapMs: fc.nat(500), deadlineInMs: fc.option(fc.nat(10_000), { nil: undefined }) }), {
    maxLength: 40,
  })
  .map((drawn) => {
    let atMs = 0;
    const requests = drawn.map(({ gapMs, deadlineInMs }, index) => {
      atMs += gapMs;
      return request(atMs, {
        inputTokens: index + 1,
        ...(deadlineInMs !== undefined && { deadlineMs: atMs + deadlineInMs }),
      });
    });
    return workloadOf(requests, atMs + 1);
  });

test('whatever is laid over a workload: times stay in order and within it, slack stays, and the original is untouched', () => {
  const overlays: ((workload: Workload, seed: number) => Workload)[] = [
    (workload) => scaleRate(workload, 3.7),
    (workload) => slice(workload, 300, 2_000),
    (workload, seed) => withTierMix(workload, { standard: 0.5, flex: 0.5 }, seed),
    (workload, seed) => withBurstOf(workload, { fromMs: 200, durationMs: 3_000, times: 2.5, seed }),
    (workload, seed) => overProjects(workload, ['a', 'b'], seed),
    (workload, seed) => merge(workload, batchJobs({ count: 3, size: 2, windowMs: 50, submittedWithinMs: 900, seed })),
  ];
  fc.assert(
    fc.property(anyWorkload, fc.constantFrom(...overlays), fc.integer(), (workload, overlay, seed) => {
      const before = structuredClone(workload);
      const slacks = new Set(workload.requests.map(({ atMs, deadlineMs = atMs }) => Math.round(deadlineMs - atMs)));
      const laid = overlay(workload, seed);
      expect(workload).toEqual(before);
      expect(overlay(workload, seed)).toEqual(laid);
      laid.requests.forEach(({ atMs, deadlineMs = atMs, tier }, index) => {
        expect(atMs).toBeGreaterThanOrEqual(laid.requests[index - 1]?.atMs ?? 0);
        expect(atMs).toBeLessThanOrEqual(laid.durationMs);
        if (tier !== 'batch') expect(slacks).toContain(Math.round(deadlineMs - atMs));
      });
    }),
    { numRuns: 300 },
  );
});

describe('a tier mix', () => {
  test('has its shares, and leaves a tier that a request has', () => {
    const mixed = withTierMix(steady, { priority: 0.2, standard: 0.8 });
    const priority = mixed.requests.filter(({ tier }) => tier === 'priority').length / mixed.requests.length;
    expect(priority).toBeGreaterThan(0.18);
    expect(priority).toBeLessThan(0.22);
    expect(mixed.requests.every(({ tier }) => tier === 'priority' || tier === 'standard')).toBe(true);
    const named = withTierMix(workloadOf([request(0, { tier: 'batch' }), request(1)]), { standard: 1 });
    expect(named.requests.map(({ tier }) => tier)).toEqual(['batch', 'standard']);
  });

  test('without shares is refused', () => {
    expect(() => withTierMix(steady, {})).toThrow('the sum of the tier shares is 0; expected a number above 0');
  });
});

describe('the rate', () => {
  test('scales by compressing time', () => {
    const scaled = scaleRate(steady, 4);
    expect(scaled.durationMs).toBe(25_000);
    expect(rateOf(scaled)).toBeCloseTo(4 * rateOf(steady), 6);
    expect(scaled.requests.map(({ atMs }) => atMs * 4)).toEqual(steady.requests.map(({ atMs }) => atMs));
    expect(() => scaleRate(steady, 0)).toThrow('the scale of the rate is 0; expected a number above 0');
  });

  test('of what takes no time is no rate', () => {
    expect(() => thin(batchJobs({ count: 1, size: 9, windowMs: 1 }), 1)).toThrow(
      'the duration of 1 batch jobs of 9 is 0',
    );
  });

  test('thins by sampling', () => {
    const thinned = thin(steady, 20);
    expect(rateOf(thinned) / 20).toBeGreaterThan(0.92);
    expect(rateOf(thinned) / 20).toBeLessThan(1.08);
    expect(thinned.durationMs).toBe(steady.durationMs);
    expect(thin(steady, 20, 2).requests).not.toEqual(thinned.requests);
    expect(() => thin(steady, 1_000)).toThrow(
      /the rate asked for is 1000 .* expected at most \d+\.\d+, which synthetic:poisson has/,
    );
  });
});

test('a slice starts at its own zero, and its deadlines move with it', () => {
  const workload = workloadOf([request(100), request(200, { deadlineMs: 900 }), request(300), request(400)]);
  expect(slice(workload, 150, 200)).toMatchObject({
    requests: [request(50, { deadlineMs: 750 }), request(150)],
    durationMs: 200,
  });
  expect(slice(workload, 400, 5_000)).toMatchObject({ requests: [request(0)], durationMs: 600 });
  expect(slice(workload, 2_000, 10)).toMatchObject({ requests: [], durationMs: 0 });
});

describe('a burst', () => {
  test('is more of the same between two moments, and nothing elsewhere', () => {
    const burst = withBurstOf(steady, { fromMs: 20_000, durationMs: 10_000, times: 2.5 });
    const between = ({ requests }: Workload, fromMs: number, toMs: number): LabRequest[] =>
      requests.filter(({ atMs }) => atMs >= fromMs && atMs < toMs);
    const factor = between(burst, 20_000, 30_000).length / between(steady, 20_000, 30_000).length;
    expect(factor).toBeGreaterThan(2.4);
    expect(factor).toBeLessThan(2.6);
    expect(between(burst, 0, 20_000)).toEqual(between(steady, 0, 20_000));
    expect(between(burst, 30_000.001, 100_000)).toEqual(between(steady, 30_000.001, 100_000));
  });

  test('can be no smaller than what is there', () => {
    expect(() => withBurstOf(steady, { fromMs: 0, durationMs: 1, times: 0.5 })).toThrow("the burst's times is 0.5");
  });
});

test('projects are given to those that have none, evenly', () => {
  const spread = overProjects(workloadOf([request(0, { project: 'own' }), ...steady.requests]), ['a', 'b', 'c', 'd']);
  expect(spread.requests[0]!.project).toBe('own');
  const share = spread.requests.filter(({ project }) => project === 'c').length / spread.requests.length;
  expect(share).toBeGreaterThan(0.23);
  expect(share).toBeLessThan(0.27);
  expect(() => overProjects(steady, [])).toThrow('the list of projects is empty');
});

describe('batch jobs', () => {
  test('arrive together and share their deadline', () => {
    const { requests } = batchJobs({
      count: 4,
      size: 25,
      windowMs: 60_000,
      submittedWithinMs: 5_000,
      projects: ['x', 'y'],
    });
    expect(requests).toHaveLength(100);
    const jobs = Map.groupBy(requests, ({ atMs }) => atMs);
    expect(jobs.size).toBe(4);
    [...jobs].forEach(([atMs, job], index) => {
      const shared = { tier: 'batch', deadlineMs: atMs + 60_000, project: ['x', 'y'][index % 2] };
      expect(job).toEqual(Array.from({ length: 25 }, () => expect.objectContaining(shared)));
    });
    expect(batchJobs({ count: 4, size: 25, windowMs: 1 }).requests.every(({ atMs }) => atMs === 0)).toBe(true);
  });

  test('that are no whole jobs, or too many, are refused', () => {
    expect(() => batchJobs({ count: 0, size: 1, windowMs: 1 })).toThrow('the number of jobs is 0');
    expect(() => batchJobs({ count: 1.5, size: 1, windowMs: 1 })).toThrow('expected whole numbers');
    expect(() => batchJobs({ count: 1e5, size: 1e5, windowMs: 1 })).toThrow('requestsMax');
    expect(() => batchJobs({ count: 1, size: 1, windowMs: 0 })).toThrow('windowMs is 0');
  });
});

test('merging keeps both in order, and what was said about either', () => {
  const one: Workload = { ...workloadOf([request(1), request(5), request(9)], 10), notes: ['first'] };
  const other: Workload = {
    ...workloadOf([request(0, { tier: 'flex' }), request(5, { tier: 'flex' }), request(20)], 30),
    notes: ['second'],
  };
  const merged = merge(one, other);
  expect(merged.requests.map(({ atMs, tier = 'own' }) => `${atMs} ${tier}`)).toEqual([
    '0 flex',
    '1 own',
    '5 own',
    '5 flex',
    '9 own',
    '20 own',
  ]);
  expect(merged).toMatchObject({ title: 'made', durationMs: 30, notes: ['first', 'second'] });
});
