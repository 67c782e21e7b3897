import { meanWithInterval, type Interval } from '../measure/intervals.ts';
import type { LabReport, TierReport } from '../report.ts';
import { barChart } from './charts/bar-chart.ts';
import { tableOf } from './charts/frame.ts';
import { frontierChart } from './charts/frontier-chart.ts';
import { ABSENT, milliseconds, nearlyAll, number, share, times } from './format.ts';
import { markup, type Markup } from './markup.ts';

/** Runs of the same thing under different seeds. */
export interface Group {
  readonly name: string;
  readonly reports: readonly LabReport[];
}

interface Metric {
  readonly title: string;
  readonly of: (report: LabReport) => number | null;
  readonly format: (value: number | null) => string;
  /** What it cannot exceed, whatever its interval says. */
  readonly max?: number;
}

/** Which tier stands for interactive traffic: the one that most of it has. */
export function interactive(tiers: LabReport['tiers']): TierReport | undefined {
  return tiers.standard ?? tiers.priority;
}

function ratio(report: LabReport, of: (tier: TierReport) => number | undefined): number | null {
  const [together, alone] = [report.tiers, report.alone].map((tiers) => {
    const tier = interactive(tiers);
    return tier === undefined ? undefined : of(tier);
  });
  return together === undefined || alone === undefined || alone === 0 ? null : together / alone;
}

const TTFT_RATIO: Metric = {
  title: 'TTFT p99, times alone',
  of: (report) => ratio(report, ({ ttftMs }) => ttftMs?.p99),
  format: times,
};
const H2: Metric = { title: 'harvest H2', of: ({ harvest }) => harvest.h2, format: share };
const ATTAINMENT: Metric = {
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

/** Every number of every group, as a table. */
function overview(groups: readonly Group[]): Markup {
  const several = groups.some(({ reports }) => reports.length > 1);
  const metrics = METRICS.filter((metric) =>
    groups.some(({ reports }) => reports.some((one) => metric.of(one) !== null)),
  );
  return markup`<p class="faint">Interactive requests beside flex.${several && ' Means over the runs of each, one per seed, with their 95 % intervals.'}</p>
<div class="wide">${tableOf({
    head: ['', ...(several ? ['runs'] : []), ...metrics.map(({ title }) => title)],
    rows: groups.map(({ name, reports }) => [
      name,
      ...(several ? [String(reports.length)] : []),
      ...metrics.map((metric) => cell(metric, reports)),
    ]),
  })}</div>`;
}

function cell(metric: Metric, reports: readonly LabReport[]): string {
  const interval = intervalOf(metric, reports);
  if (interval === null) return ABSENT;
  const mean = metric.format(interval.mean);
  return interval.values > 1 ? `${mean} (${metric.format(interval.low)} to ${metric.format(interval.high)})` : mean;
}

function intervalOf(metric: Metric, reports: readonly LabReport[]): Interval | null {
  const interval = meanWithInterval(reports.map(metric.of).filter((value) => value !== null));
  if (interval === null) return null;
  const { low, high, mean } = interval;
  // None of the metrics can be below 0 either.
  return { ...interval, low: Math.max(0, low), high: Math.max(mean, Math.min(high, metric.max ?? Infinity)) };
}

/** The groups beside each other: what is won, what it costs those who do not wait, and one against the other. */
export function comparison(groups: readonly Group[]): Markup {
  const bars = (metric: Metric): { name: string; value: Interval | null }[] =>
    groups.map(({ name, reports }) => ({ name, value: intervalOf(metric, reports) }));
  const points = groups.flatMap(({ name, reports }) => {
    const [x, y] = [intervalOf(TTFT_RATIO, reports), intervalOf(H2, reports)];
    return x === null || y === null ? [] : [{ name, x, y }];
  });
  return markup`<h2>Compared</h2>
${overview(groups)}
<div class="charts">
${
  points.length > 0 &&
  frontierChart({
    title: 'What is won, and what it costs',
    caption: 'Up is more of the idle part won; left is less delay for interactive requests.',
    points,
    x: { label: 'p99 TTFT of interactive requests, times that without flex', format: times },
    y: { label: 'harvest H2', format: share },
  })
}${barChart({
    title: 'Harvest',
    caption: 'Flex throughput as a share of the idle part of what flex alone reaches (H2).',
    label: 'harvest H2',
    bars: bars(H2),
    format: share,
    mark: 1,
  })}${barChart({
    title: 'Delay',
    caption: 'p99 time to the first token of interactive requests, as a multiple of that without flex.',
    label: 'p99 TTFT, times alone',
    bars: bars(TTFT_RATIO),
    format: times,
    mark: 1,
  })}${barChart({
    title: 'SLO',
    caption: 'Share of interactive requests within both limits, refused ones counted as missed.',
    label: 'requests within the SLO',
    bars: bars(ATTAINMENT),
    format: nearlyAll,
  })}
</div>`;
}
