import type { LabReport, TierReport, TimeSeries } from '@offpeak/lab';
import { describe, expect, it } from 'vitest';
import { flexRate, measured, type Outcome } from './outcome.ts';
import { harvestOf, textReport, type Comparison } from './report.ts';

function series(tokensPerSecond: readonly number[]): TimeSeries {
  const nothing: readonly null[] = [];
  const times = { ttftP50Ms: nothing, ttftP99Ms: nothing, tpotP50Ms: nothing, tpotP99Ms: nothing, queueDepth: [] };
  return { stepMs: 500, evictions: [], tiers: { flex: { ...times, tokensPerSecond } } };
}

const TIER: TierReport = {
  requests: 10,
  completed: 8,
  refused: 1,
  failed: 1,
  inputTokens: 1,
  outputTokens: 1,
  ttftMs: { mean: 50, p50: 50, p90: 100, p99: 200 },
  tpotMs: { mean: 20, p50: 20, p90: 20, p99: 40 },
  sloAttainment: 0.8,
};

function outcome(more: Partial<Outcome> = {}): Outcome {
  return {
    phase: 'gateway',
    simulated: false,
    tiers: { standard: TIER, priority: TIER },
    flexTokensPerSecond: 6_000,
    flexTokensLostShare: 0.001,
    evictions: 3,
    latenessMs: 4,
    keptUp: true,
    troubles: {},
    ...more,
  };
}

function comparison(...outcomes: readonly Outcome[]): Comparison {
  return { title: 'traffic', device: 'engine', load: 0.4, ceilings: { measured: 20_000, simulated: 10_000 }, outcomes };
}

describe('flexRate', () => {
  it('is the mean after the warm-up', () => {
    expect(flexRate(series([900, 900, 100, 300]), 1_000)).toBe(200);
    expect(flexRate(series([]), 1_000)).toBe(0);
    expect(flexRate({ stepMs: 500, evictions: [], tiers: {} }, 0)).toBe(0);
  });
});

describe('harvestOf', () => {
  it('is a share of the ceiling of the same kind', () => {
    const of = (more: Partial<Outcome>): object => harvestOf(comparison(), outcome(more));
    expect(of({})).toEqual({ h1: 0.3, h2: 0.5 });
    expect(of({ simulated: true })).toEqual({ h1: 0.6, h2: 1 });
    const overloaded = { ...comparison(), load: 1.2, ceilings: { measured: 20_000, simulated: null } };
    expect(harvestOf(overloaded, outcome())).toEqual({ h1: 0.3, h2: null });
    expect(harvestOf(overloaded, outcome({ simulated: true }))).toEqual({ h1: null, h2: null });
  });
});

it('a replay tells what was not served, and why', () => {
  const report: LabReport = {
    ...{
      simulated: false,
      workload: 'w',
      policy: 'as served',
      profile: 'p',
      engines: null,
      seed: 1,
      durationMs: 2_000,
    },
    ...{ load: null, slo: { ttftMs: 500, tpotMs: 50 }, tiers: { standard: TIER }, alone: {}, modelError: null },
    harvest: { h1: null, h2: null, oracleShare: null },
    flexTokensLostShare: null,
    evictions: null,
    series: series([0, 0, 500, 700]),
    replay: {
      ...{
        baseUrl: 'http://127.0.0.1:1/v1',
        model: 'm',
        interrupted: false,
        notSent: 2,
        keptUp: false,
        inFlightPeak: 4,
      },
      latenessMs: { mean: 1, p50: 1, p90: 2, p99: 90 },
      tiers: { standard: { gapMs: null, served: {}, refusals: { '429': 1 }, failures: { ECONNRESET: 1 } } },
    },
  };
  const found = measured('naive', report, 1_000);
  expect(found).toMatchObject({ flexTokensPerSecond: 600, keptUp: false, latenessMs: 90 });
  expect(found.troubles).toEqual({ 'standard: 429': 1, 'standard: ECONNRESET': 1 });
  const text = textReport(comparison(found));
  expect(text).toContain('flex sent at once: 1 x standard: 429');
  expect(text).toContain('WARNING: the client was late (flex sent at once)');
});

describe('the table', () => {
  it('has measured and simulated beside each other, and what was left out with its reason', () => {
    const text = textReport(
      comparison(outcome({ phase: 'alone' }), outcome(), outcome({ simulated: true, latenessMs: null })),
    );
    const row = (name: string): string[] | undefined =>
      text
        .split('\n')
        .map((line) => line.split(/ {2,}/))
        .find(([first]) => first === name);
    expect(row('flex through Offpeak')?.slice(7)).toEqual(['0.300', '0.500', '0.10 %', '3', '4', '4.0']);
    expect(row('flex through Offpeak, simulated')?.slice(7, 9)).toEqual(['0.600', '1.000']);
    // Without flex nothing of it can be told.
    expect(row('no flex')?.slice(7, 11)).toEqual(['-', '-', '-', '-']);
    expect(text).not.toContain('WARNING');
    expect(textReport({ title: 'llama.cpp', reason: 'there is none' })).toBe('llama.cpp left out: there is none');
  });
});
