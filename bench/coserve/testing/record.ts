import type { RunSpec } from '../cases.ts';
import type { RunRecord } from '../records.ts';

export interface Told {
  readonly load?: number;
  readonly flex?: number;
  readonly ttftP99?: number;
  readonly slo?: number;
  readonly refused?: number;
  readonly lostShare?: number;
  readonly computed?: number;
}

/** A run that went as it is told. */
export function record(spec: Partial<RunSpec>, told: Told = {}): RunRecord {
  const { load = 0.5, flex = 0, ttftP99 = 200, slo = 1, refused = 0, lostShare = 0, computed = 1_000 } = told;
  const tier = (p99: number): NonNullable<RunRecord['tiers']['standard']> => ({
    requests: 100,
    completed: 100 - refused,
    refused,
    failed: 0,
    inputTokens: 1,
    outputTokens: 1,
    ttftMs: { mean: 50, p50: 50, p90: 100, p99 },
    tpotMs: { mean: 20, p50: 20, p90: 20, p99: 40 },
    sloAttainment: slo,
  });
  return {
    spec: { trace: 'diurnal', engines: 1, load: 0.5, seed: 1, policy: 'offpeak', ...spec },
    load,
    tiers: { standard: tier(ttftP99), priority: tier(ttftP99) },
    flexTokensPerSecond: flex,
    flexTokensComputed: computed,
    flexTokensLostShare: lostShare,
    evictions: 3,
    steps: 1,
    modelError: null,
  };
}
