export { prefixBlockTokens, type LabRequest, type Lengths, type Workload } from './workload/workload.ts';
export type { Harvest, LabReport, ModelError, Quantiles, TierReport, TierReports, TimeSeries } from './report.ts';
export type { ReplayFacts, ReplayTierFacts } from './report.ts';

export { readWorkload } from './workload/read-workload.ts';
export type { ReadOptions } from './workload/read-options.ts';
export { readLengths } from './workload/read-lengths.ts';
export { TraceProblem, WorkloadProblem } from './workload/problem.ts';
export { TRACE_LIMITS } from './workload/trace-limits.ts';
export { isSyntheticName, synthetic, SYNTHETIC_NAMES, type SyntheticName } from './workload/generate/synthetic.ts';
export type { SyntheticOptions } from './workload/generate/synthetic.ts';
export { chatLengthsOf, independentLengths, lognormalLength, zipfLength } from './workload/generate/lengths.ts';
export type { LengthDraw, LengthSource, LognormalSpec } from './workload/generate/lengths.ts';
export { EndlessFlex } from './workload/endless.ts';
export { parseTierMix, type TierMix, type TierShares } from './workload/tier-mix.ts';
export { merge, overProjects, rateOf, scaleRate, slice, thin, withBurstOf, withTierMix } from './workload/overlay.ts';
export { batchJobs, type BatchJobs } from './workload/batch-jobs.ts';

export { replay } from './replay/replay.ts';
export { FLEX_CONCURRENCY, REPLAY_LIMITS } from './replay/options.ts';
export type { PhaseName, ReplayLimits, ReplayOptions, ReplayProgress } from './replay/options.ts';
export { ReplayProblem } from './replay/problem.ts';
export { isPolicyName, POLICIES, type PolicyName } from './policies/names.ts';
export type { SimulateOptions } from './sim/options.ts';
export { simulate, simulateEach } from './sim/simulate.ts';
export { runOnce, type RunOptions, type RunResult } from './sim/run.ts';
export type { Mishap } from './sim/house-options.ts';
export type { RequestOutcome } from './measure/run-collector.ts';

export { renderPage, type PageOptions } from './page/page.ts';
export { markup, Markup } from './page/markup.ts';
export { STYLE } from './page/style.ts';
export { figure, PLOT, wideTable } from './page/charts/frame.ts';
export { grouped, type Group } from './tell/groups.ts';
export { overviewTable } from './tell/metrics.ts';
export { harvestSentence, headline, warnings } from './tell/sentences.ts';
export { answersTable, tiersTable, type Table } from './tell/tables.ts';
export { ceilingOf, lengthsOf, type Ceiling } from './sim/capacity.ts';

export { validateEngineModel } from './validate/validate-engine-model.ts';
export type { Agreement, EngineModelValidation, ValidationOptions } from './validate/validate-engine-model.ts';
export type { Comparison } from './validate/comparison.ts';
export type { LayerError, LayerErrors } from './validate/layer-profiles.ts';
export { meanWithInterval, type Interval } from './measure/intervals.ts';
