import type { ProfileName } from '@offpeak/engine';
import type { Slo } from '../measure/run-collector.ts';
import type { Lengths, Workload } from '../workload/workload.ts';
import { runOnce } from './run.ts';

/** Long enough for a full batch to turn over several times. */
const PROBE = { warmUpMs: 60_000, durationMs: 240_000 } as const;

/** What one engine does when it has nothing but one kind of work, and never too little of it. */
export interface Ceiling {
  readonly requestsPerSecond: number;
  /** Prompt and answer tokens. */
  readonly tokensPerSecond: number;
}

/** Throughput of one engine that is kept as full as it goes with requests of these lengths. */
export function ceilingOf(profile: ProfileName, lengths: Lengths | undefined, slo: Slo, seed: number): Ceiling {
  const run = runOnce({
    workload: { title: 'nothing', source: 'none', requests: [], durationMs: PROBE.durationMs },
    endlessFlex: true,
    ...(lengths === undefined ? {} : { flexLengths: lengths }),
    policy: 'fcfs',
    profile,
    engines: 1,
    seed,
    slo,
    ...PROBE,
  });
  const seconds = (PROBE.durationMs - PROBE.warmUpMs) / 1_000;
  return {
    requestsPerSecond: (run.tiers.flex?.completed ?? 0) / seconds,
    tokensPerSecond: run.flexTokensPerSecond,
  };
}

/** The lengths of a workload's requests, to draw from. */
export function lengthsOf(workload: Workload): Lengths {
  return { title: workload.title, pairs: workload.requests };
}
