import type { Interval } from '../measure/intervals.ts';
import { nearlyAll, share, times } from '../tell/format.ts';
import type { Group } from '../tell/groups.ts';
import { ATTAINMENT, H2, intervalOf, overviewTable, TTFT_RATIO, type Metric } from '../tell/metrics.ts';
import { barChart } from './charts/bar-chart.ts';
import { wideTable } from './charts/frame.ts';
import { frontierChart } from './charts/frontier-chart.ts';
import { markup, type Markup } from './markup.ts';

const DELAY = 'p99 TTFT, times that without flex';

/** The groups beside each other: what is won, what it costs those who do not wait, and one against the other. */
export function comparison(groups: readonly Group[]): Markup {
  const bars = (metric: Metric): { name: string; value: Interval | null }[] =>
    groups.map(({ name, reports }) => ({ name, value: intervalOf(metric, reports) }));
  const points = groups.flatMap(({ name, reports }) => {
    const [x, y] = [intervalOf(TTFT_RATIO, reports), intervalOf(H2, reports)];
    return x === null || y === null ? [] : [{ name, x, y }];
  });
  const several = groups.some(({ reports }) => reports.length > 1);
  return markup`<h2>Compared</h2>
<p class="faint">Interactive requests beside flex.${several && ' Means over the runs of each, one per seed, with their 95 % intervals.'}</p>
${wideTable('Compared', overviewTable(groups))}
<div class="charts">
${
  points.length > 0 &&
  frontierChart({
    title: 'What is won, and what it costs',
    caption: 'Up is more of the idle part won; left is less delay for interactive requests.',
    points,
    x: { label: DELAY, format: times },
    y: { label: 'harvest H2', format: share },
  })
}${barChart({
    title: 'Harvest',
    caption: 'Flex throughput as a share of the idle part of what flex alone reaches (H2).',
    label: 'harvest H2',
    bars: bars(H2),
    format: share,
    mark: { name: 'all of the idle part', value: 1 },
  })}${barChart({
    title: 'Delay',
    caption: 'p99 time to the first token of interactive requests, as a multiple of that without flex.',
    label: DELAY,
    bars: bars(TTFT_RATIO),
    format: times,
    mark: { name: 'as without flex', value: 1 },
    wideRange: true,
  })}${barChart({
    title: 'SLO',
    caption: 'Share of interactive requests within both limits, refused ones counted as missed.',
    label: 'requests within the SLO',
    bars: bars(ATTAINMENT),
    format: nearlyAll,
  })}
</div>`;
}
