export { prefixBlockTokens, type LabRequest, type Lengths, type Workload } from './workload/workload.ts';
export type { Harvest, LabReport, ModelError, Quantiles, TierReport, TierReports, TimeSeries } from './report.ts';
