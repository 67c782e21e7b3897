import type { LabReport, RunResult, TierReports, TimeSeries } from '@offpeak/lab';

/** `alone`: no flex; `naive`: all of it sent to the engine at once; `gateway`: the same through Offpeak. */
export const PHASES = ['alone', 'naive', 'gateway'] as const;
export type PhaseName = (typeof PHASES)[number];

/** What became of one phase, over HTTP or in the simulator. */
export interface Outcome {
  readonly phase: PhaseName;
  readonly simulated: boolean;
  readonly tiers: TierReports;
  readonly flexTokensPerSecond: number;
  /** Null where the server does not say. */
  readonly flexTokensLostShare: number | null;
  readonly evictions: number | null;
  /** 99th percentile of how long after their time requests left; null where time is virtual. */
  readonly latenessMs: number | null;
  readonly keptUp: boolean;
  /** Why requests were turned away or failed, and how many were. */
  readonly troubles: Readonly<Record<string, number>>;
}

export function measured(phase: PhaseName, report: LabReport, warmUpMs: number): Outcome {
  const { tiers, flexTokensLostShare, evictions, series, replay } = report;
  const troubles: Record<string, number> = {};
  for (const [tier, facts] of Object.entries(replay?.tiers ?? {})) {
    for (const [why, count] of [...Object.entries(facts.refusals), ...Object.entries(facts.failures)]) {
      troubles[`${tier}: ${why}`] = count;
    }
  }
  return {
    phase,
    simulated: false,
    tiers,
    flexTokensPerSecond: series === null ? 0 : flexRate(series, warmUpMs),
    flexTokensLostShare,
    evictions,
    latenessMs: replay?.latenessMs?.p99 ?? null,
    keptUp: replay?.keptUp ?? false,
    troubles,
  };
}

export function expected(phase: PhaseName, run: RunResult): Outcome {
  const { tiers, flexTokensPerSecond, flexTokensLostShare, evictions } = run;
  const lost =
    phase === 'gateway' ? { flexTokensLostShare, evictions } : { flexTokensLostShare: null, evictions: null };
  return { phase, simulated: true, tiers, flexTokensPerSecond, ...lost, latenessMs: null, keptUp: true, troubles: {} };
}

/** Prompt and answer tokens of flex per second, after the warm-up. */
export function flexRate({ stepMs, tiers }: TimeSeries, warmUpMs: number): number {
  const rates = tiers.flex?.tokensPerSecond.slice(Math.ceil(warmUpMs / stepMs)) ?? [];
  return rates.length === 0 ? 0 : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}
