export { prefixBlockTokens, type LabRequest, type Lengths, type Workload } from './workload/workload.ts';
export type { Harvest, LabReport, ModelError, Quantiles, TierReport, TierReports, TimeSeries } from './report.ts';

export { readWorkload } from './workload/read-workload.ts';
export type { ReadOptions } from './workload/read-options.ts';
export { readLengths } from './workload/read-lengths.ts';
export { TraceProblem, WorkloadProblem } from './workload/problem.ts';
export { TRACE_LIMITS } from './workload/trace-limits.ts';
export { isSyntheticName, synthetic, SYNTHETIC_NAMES, type SyntheticName } from './workload/generate/synthetic.ts';
export type { SyntheticOptions } from './workload/generate/synthetic.ts';
export { EndlessFlex } from './workload/endless.ts';
export { parseTierMix, type TierMix, type TierShares } from './workload/tier-mix.ts';
export { merge, overProjects, rateOf, scaleRate, slice, thin, withBurstOf, withTierMix } from './workload/overlay.ts';
export { batchJobs, type BatchJobs } from './workload/batch-jobs.ts';
