import { createHash } from 'node:crypto';
import type { SchedulerEvent, Tier } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import { POLICIES, type PolicyName } from '../policies/names.ts';
import { synthetic } from '../workload/generate/synthetic.ts';
import { withTierMix } from '../workload/overlay.ts';
import type { Workload } from '../workload/workload.ts';
import type { Mishap } from './house-options.ts';
import { runOnce, type RunOptions, type RunResult } from './run.ts';

const SLO = { ttftMs: 500, tpotMs: 50 };
const POLICY_NAMES = Object.keys(POLICIES) as PolicyName[];

/** About a third of what one engine of this profile can do. */
function traffic(engines: number, durationMs: number, seed = 5): Workload {
  const workload = synthetic('synthetic:poisson', { requestsPerSecond: 5 * engines, durationMs, seed });
  return withTierMix(workload, { priority: 0.2, standard: 0.8 }, seed);
}

function run(more: Partial<RunOptions> = {}): RunResult {
  const { engines = 1, durationMs = 40_000 } = more;
  return runOnce({
    workload: traffic(engines, durationMs),
    endlessFlex: true,
    policy: 'offpeak',
    profile: 'h100-8b',
    engines,
    seed: 1,
    slo: SLO,
    warmUpMs: 10_000,
    durationMs,
    ...more,
  });
}

describe('one run', () => {
  test('is the same with the same seed, event for event, and another with another', () => {
    const digest = (seed: number): string => {
      const hash = createHash('sha256');
      run({ seed, durationMs: 20_000, onEvent: (event, decisions) => hash.update(JSON.stringify([event, decisions])) });
      return hash.digest('hex');
    };
    expect(digest(1)).toBe(digest(1));
    expect(digest(1)).not.toBe(digest(2));
  });

  test('what flex wins while the last requests are waited for, or before measuring begins, does not count', () => {
    const last = (outputTokens: number): Workload => ({
      ...traffic(1, 40_000),
      requests: [...traffic(1, 40_000).requests, { atMs: 39_999, tier: 'standard', inputTokens: 100, outputTokens }],
    });
    const [short, long] = [last(2), last(2_000)].map((workload) => run({ workload, policy: 'static' }));
    expect(long!.steps).toBeGreaterThan(short!.steps + 200);
    expect(long!.flexTokensPerSecond).toBeCloseTo(short!.flexTokensPerSecond, 6);
    expect(long!.flexTokensComputed).toBe(short!.flexTokensComputed);
    // Two halves of a span are together the whole of it, wherever they meet.
    const rate = (warmUpMs: number, durationMs: number): number =>
      run({ workload: traffic(1, 40_000), policy: 'static', warmUpMs, durationMs }).flexTokensPerSecond;
    expect(15.5 * rate(10_000, 25_500) + 14.5 * rate(25_500, 40_000)).toBeCloseTo(30 * rate(10_000, 40_000), 3);
  });

  test.each(POLICY_NAMES)('%s: every interactive request ends once, and flex wins something', (policy) => {
    const workload = traffic(2, 40_000);
    const ends = new Map<string, number>();
    const count = (tier: Tier, atMs: number): void => {
      const key = `${tier} ${String(atMs)}`;
      ends.set(key, (ends.get(key) ?? 0) + 1);
    };
    const result = run({
      policy,
      engines: 2,
      workload,
      onOutcome: ({ tier, atMs, outcome, outputTokens }) => {
        if (tier !== 'flex') count(tier, atMs);
        if (outcome === 'completed') expect(outputTokens).toBeGreaterThan(0);
      },
    });
    expect(ends.size).toBe(workload.requests.length);
    expect([...ends.values()].every((times) => times === 1)).toBe(true);
    expect(result.tiers.standard?.refused).toBe(0);
    expect(result.flexTokensPerSecond).toBeGreaterThan(0);
  });

  test('answers have as many tokens as the trace says, whatever was evicted on the way', () => {
    const workload = traffic(1, 30_000);
    const wanted = new Map(workload.requests.map(({ atMs, outputTokens }) => [atMs, outputTokens]));
    let evictions = 0;
    run({
      workload,
      durationMs: 30_000,
      onEvent: (_event, decisions) => {
        evictions += decisions.filter(({ kind }) => kind === 'evict').length;
      },
      onOutcome: ({ tier, atMs, outcome, outputTokens }) => {
        if (tier !== 'flex' && outcome === 'completed') expect(outputTokens).toBe(wanted.get(atMs));
      },
    });
    expect(evictions).toBeGreaterThan(0);
  });

  test('without flex every policy leaves interactive traffic as it is', () => {
    const alone = (policy: PolicyName): number => run({ policy, endlessFlex: false }).tiers.standard!.ttftMs!.p99;
    for (const policy of POLICY_NAMES.filter((name) => name !== 'oracle')) {
      expect(alone(policy) / alone('offpeak')).toBeCloseTo(1, 1);
    }
  });
});

describe('the policy against the baselines', () => {
  test('first come, first served ruins interactive answers; ours keeps them and harvests nearly as much', () => {
    const naive = run({ policy: 'fcfs', durationMs: 60_000, workload: traffic(1, 60_000) });
    const ours = run({ durationMs: 60_000, workload: traffic(1, 60_000) });
    expect(naive.tiers.standard!.sloAttainment).toBeLessThan(0.5);
    expect(ours.tiers.standard!.sloAttainment).toBeGreaterThan(0.99);
    expect(ours.flexTokensPerSecond).toBeGreaterThan(0.6 * naive.flexTokensPerSecond);
    expect(ours.flexTokensLostShare).toBeLessThan(0.01);
  });

  test('the knob trades harvest for interference, monotonously', () => {
    const shares = [0, 0.1, 0.2, 0.4];
    const results = shares.map((flexShare) => run({ flexShare, durationMs: 60_000, workload: traffic(1, 60_000) }));
    const harvest = results.map(({ flexTokensPerSecond }) => flexTokensPerSecond);
    const ttft = results.map(({ tiers }) => tiers.standard!.ttftMs!.p50);
    expect(harvest).toEqual(harvest.toSorted((a, b) => a - b));
    expect(ttft).toEqual(ttft.toSorted((a, b) => a - b));
    expect(harvest[0]).toBeLessThan(0.1 * harvest[3]!);
  });

  test('its models predict steps well, from outside', () => {
    const { modelError } = run({ durationMs: 60_000, workload: traffic(1, 60_000) });
    expect(modelError!.median).toBeLessThan(0.03);
    expect(modelError!.p90).toBeLessThan(0.1);
    expect(modelError!.sample.length).toBeGreaterThan(20);
  });

  test.each([0.5, 2])('told that steps take %s times what they take, it still keeps the promise', (modelBias) => {
    const { tiers } = run({ modelBias, durationMs: 60_000, workload: traffic(1, 60_000) });
    expect(tiers.standard!.refused).toBe(0);
    expect(tiers.standard!.sloAttainment).toBeGreaterThan(0.95);
  });
});

describe('mishaps', () => {
  const during = (mishap: Mishap): RunResult =>
    run({ engines: 2, durationMs: 60_000, workload: traffic(2, 60_000), mishaps: [mishap] });

  test('an engine that is lost loses no interactive request, and is used again when it is back', () => {
    const starts: { at: number; engine: string }[] = [];
    const result = run({
      engines: 2,
      durationMs: 60_000,
      workload: traffic(2, 60_000),
      mishaps: [{ kind: 'lost', engine: 0, atMs: 20_000, forMs: 10_000 }],
      onEvent: ({ at }, decisions) => {
        for (const decision of decisions) if (decision.kind === 'start') starts.push({ at, engine: decision.engine });
      },
    });
    expect(result.tiers.standard!.failed + result.tiers.standard!.refused).toBe(0);
    const onLost = (from: number, to: number): number =>
      starts.filter(({ at, engine }) => engine === 'engine-0' && at > from && at < to).length;
    expect(onLost(20_001, 29_999)).toBe(0);
    expect(onLost(30_001, 40_000)).toBeGreaterThan(20);
  });

  test('an engine that becomes three times as slow is learned anew', () => {
    const { modelError, tiers } = during({ kind: 'slow', engine: 0, atMs: 25_000, forMs: 100_000, factor: 3 });
    expect(modelError!.median).toBeLessThan(0.05);
    expect(tiers.standard!.refused).toBe(0);
  });

  test('stale metrics stop new flex there, and nothing else', () => {
    const starts: { at: number; tier: Tier }[] = [];
    run({
      durationMs: 60_000,
      workload: traffic(1, 60_000),
      mishaps: [{ kind: 'unread', engine: 0, atMs: 20_000, forMs: 20_000 }],
      onEvent: ({ at }: SchedulerEvent, decisions) => {
        for (const decision of decisions) if (decision.kind === 'start') starts.push({ at, tier: decision.tier });
      },
    });
    const between = (tier: Tier): number =>
      starts.filter((start) => start.tier === tier && start.at > 26_500 && start.at < 40_000).length;
    expect(between('flex')).toBe(0);
    expect(between('standard')).toBeGreaterThan(20);
    expect(starts.some(({ at, tier }) => tier === 'flex' && at > 42_000)).toBe(true);
  });
});
