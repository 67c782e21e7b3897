import { meanWithInterval, type Interval } from '../measure/intervals.ts';
import type { LabReport, TierReport } from '../report.ts';
import { ABSENT, milliseconds, nearlyAll, number, share, times } from './format.ts';
import type { Group } from './groups.ts';
import type { Table } from './tables.ts';

/** A number that reports are compared by. */
export interface Metric {
  readonly title: string;
  readonly of: (report: LabReport) => number | null;
  readonly format: (value: number | null) => string;
  /** What it cannot exceed, whatever its interval says. */
  readonly max?: number;
}

/** Which tier stands for interactive traffic: the one that most of it has. */
function interactive(tiers: LabReport['tiers']): TierReport | undefined {
  return tiers.standard ?? tiers.priority;
}

function ratio(report: LabReport, of: (tier: TierReport) => number | undefined): number | null {
  const [together, alone] = [report.tiers, report.alone].map((tiers) => {
    const tier = interactive(tiers);
    return tier === undefined ? undefined : of(tier);
  });
  return together === undefined || alone === undefined || alone === 0 ? null : together / alone;
}

export const TTFT_RATIO: Metric = {
  title: 'TTFT p99, times alone',
  of: (report) => ratio(report, ({ ttftMs }) => ttftMs?.p99),
  format: times,
};
export const H2: Metric = { title: 'harvest H2', of: ({ harvest }) => harvest.h2, format: share };
export const ATTAINMENT: Metric = {
  title: 'SLO met',
  of: ({ tiers }) => interactive(tiers)?.sloAttainment ?? null,
  format: nearlyAll,
  max: 1,
};

/** What decides comes first: narrow screens show no more. */
const METRICS: readonly Metric[] = [
  H2,
  TTFT_RATIO,
  ATTAINMENT,
  { title: 'TTFT p50', of: ({ tiers }) => interactive(tiers)?.ttftMs?.p50 ?? null, format: milliseconds },
  { title: 'TTFT p99', of: ({ tiers }) => interactive(tiers)?.ttftMs?.p99 ?? null, format: milliseconds },
  { title: 'TPOT p50', of: ({ tiers }) => interactive(tiers)?.tpotMs?.p50 ?? null, format: milliseconds },
  { title: 'TPOT p99', of: ({ tiers }) => interactive(tiers)?.tpotMs?.p99 ?? null, format: milliseconds },
  { title: 'TPOT p50, times alone', of: (report) => ratio(report, ({ tpotMs }) => tpotMs?.p50), format: times },
  { title: 'refused', of: ({ tiers }) => interactive(tiers)?.refused ?? null, format: number },
  { title: 'harvest H1', of: ({ harvest }) => harvest.h1, format: share },
  { title: 'of the oracle', of: ({ harvest }) => harvest.oracleShare, format: share },
  { title: 'flex lost', of: ({ flexTokensLostShare }) => flexTokensLostShare, format: share, max: 1 },
  { title: 'evictions', of: ({ evictions }) => evictions, format: number },
];

/** Every number of every group. */
export function overviewTable(groups: readonly Group[]): Table {
  const several = groups.some(({ reports }) => reports.length > 1);
  const metrics = METRICS.filter((metric) =>
    groups.some(({ reports }) => reports.some((one) => metric.of(one) !== null)),
  );
  return {
    head: ['', ...(several ? ['runs'] : []), ...metrics.map(({ title }) => title)],
    rows: groups.map(({ name, reports }) => [
      name,
      ...(several ? [String(reports.length)] : []),
      ...metrics.map((metric) => cell(metric, reports)),
    ]),
  };
}

function cell(metric: Metric, reports: readonly LabReport[]): string {
  const interval = intervalOf(metric, reports);
  if (interval === null) return ABSENT;
  const mean = metric.format(interval.mean);
  return interval.values > 1 ? `${mean} (${metric.format(interval.low)} to ${metric.format(interval.high)})` : mean;
}

/** Over the runs of a group. */
export function intervalOf(metric: Metric, reports: readonly LabReport[]): Interval | null {
  const interval = meanWithInterval(reports.map(metric.of).filter((value) => value !== null));
  if (interval === null) return null;
  const { low, high, mean } = interval;
  // None of the metrics can be below 0 either.
  return { ...interval, low: Math.max(0, low), high: Math.max(mean, Math.min(high, metric.max ?? Infinity)) };
}
