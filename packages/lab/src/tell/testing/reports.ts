import type { LabReport, Quantiles, TierReport, TimeSeries } from '../../report.ts';

export function quantiles(p50: number): Quantiles {
  return { mean: p50 * 1.1, p50, p90: p50 * 1.5, p99: p50 * 2 };
}

export function tierReport(changes: Partial<TierReport> = {}): TierReport {
  return {
    requests: 100,
    completed: 98,
    refused: 1,
    failed: 1,
    inputTokens: 12_345,
    outputTokens: 2_000_000,
    ttftMs: quantiles(100),
    tpotMs: quantiles(20),
    sloAttainment: 0.98,
    ...changes,
  };
}

const STEPS = 30;

function values(of: (step: number) => number | null): (number | null)[] {
  return Array.from({ length: STEPS }, (_, step) => of(step));
}

function series(): TimeSeries {
  const tier = (size: number): NonNullable<TimeSeries['tiers']['flex']> => ({
    ttftP50Ms: values((step) => (step % 7 === 0 ? null : size * (50 + step))),
    ttftP99Ms: values((step) => (step % 7 === 0 ? null : size * (90 + step))),
    tpotP50Ms: values((step) => 15 + step / 10),
    tpotP99Ms: values((step) => 25 + step / 10),
    queueDepth: Array.from({ length: STEPS }, (_, step) => (step % 5) * size),
    tokensPerSecond: Array.from({ length: STEPS }, (_, step) => 1000 * size + step),
  });
  return {
    stepMs: 2000,
    tiers: { standard: tier(1), flex: tier(20) },
    evictions: Array.from({ length: STEPS }, (_, step) => step % 3),
  };
}

export function report(changes: Partial<LabReport> = {}): LabReport {
  return {
    simulated: true,
    workload: 'synthetic:poisson, seed 1, some lengths',
    policy: 'offpeak',
    profile: 'h100-8b',
    engines: 2,
    seed: 1,
    durationMs: 60_000,
    load: 0.4,
    slo: { ttftMs: 500, tpotMs: 50 },
    tiers: { standard: tierReport(), flex: tierReport({ ttftMs: quantiles(5000), sloAttainment: 0.1 }) },
    harvest: { h1: 0.5, h2: 0.83, oracleShare: 0.91 },
    flexTokensLostShare: 0.004,
    evictions: 17,
    alone: { standard: tierReport({ ttftMs: quantiles(80) }) },
    modelError: {
      median: 0.02,
      p90: 0.06,
      sample: Array.from({ length: 50 }, (_, index) => ({ predictedMs: 10 + index, actualMs: 10.3 + index * 1.02 })),
    },
    series: series(),
    ...changes,
  };
}
