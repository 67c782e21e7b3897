import { TIERS, type Tier } from '@offpeak/core';
import type { LabReport, Quantiles, ReplayFacts, TierReport, TierReports, TimeSeries } from '../report.ts';
import { tableOf } from './charts/frame.ts';
import { modelChart } from './charts/model-chart.ts';
import { timeChart, type Line } from './charts/time-charts.ts';
import { ABSENT, milliseconds, nearlyAll, number, share, whole } from './format.ts';
import { markup, type Markup } from './markup.ts';

/** All that one run found. */
export function runSection(report: LabReport): Markup {
  const { tiers, alone, series, modelError, replay } = report;
  return markup`${harvestLine(report)}
<h3>Tiers</h3>
<div class="wide">${tierTable(tiers, alone)}</div>
${replay !== undefined && replayTables(replay)}
<div class="charts">
${series !== null && seriesCharts(series, report.slo)}${modelError !== null && modelError.sample.length > 0 && modelChart(modelError)}
</div>`;
}

function harvestLine({ harvest: { h1, h2, oracleShare }, flexTokensLostShare, evictions }: LabReport): Markup {
  const parts = [
    h2 !== null && `Flex won ${share(h2)} of the idle part (H2), ${share(h1)} of what flex alone reaches (H1)`,
    oracleShare !== null && `${share(oracleShare)} of what a scheduler inside the engine wins`,
    evictions !== null && `${whole(evictions)} evictions`,
    flexTokensLostShare !== null && `${share(flexTokensLostShare)} of flex tokens lost`,
  ].filter((part) => part !== false);
  return markup`${parts.length > 0 && markup`<p>${parts.join('; ')}.</p>`}`;
}

function tierTable(tiers: TierReports, alone: TierReports): Markup {
  const row = (name: string, report: TierReport): string[] => [
    name,
    whole(report.requests),
    whole(report.completed),
    whole(report.refused),
    whole(report.failed),
    ...times(report.ttftMs),
    ...times(report.tpotMs),
    nearlyAll(report.sloAttainment),
    number(report.inputTokens),
    number(report.outputTokens),
  ];
  return tableOf({
    head: [
      ...['', 'requests', 'completed', 'refused', 'failed'],
      ...['TTFT p50', 'p90', 'p99', 'TPOT p50', 'p90', 'p99'],
      ...['SLO met', 'input tokens', 'output tokens'],
    ],
    rows: TIERS.flatMap((tier) => {
      const [together, before] = [tiers[tier], alone[tier]];
      return [
        ...(together === undefined ? [] : [row(tier, together)]),
        ...(before === undefined ? [] : [row(`${tier}, without flex`, before)]),
      ];
    }),
  });
}

function times(quantiles: Quantiles | null): string[] {
  if (quantiles === null) return [ABSENT, ABSENT, ABSENT];
  return [quantiles.p50, quantiles.p90, quantiles.p99].map(milliseconds);
}

/** What answers said and how they ended, and how the replay itself fared. */
function replayTables({ tiers, latenessMs, inFlightPeak }: ReplayFacts): Markup {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ') || ABSENT;
  return markup`<h3>Answers</h3>
<div class="wide">${tableOf({
    head: ['', 'served as', 'refused', 'failed', 'gap p50', 'gap p99'],
    rows: TIERS.flatMap((tier) => {
      const facts = tiers[tier];
      if (facts === undefined) return [];
      const { gapMs, served, refusals, failures } = facts;
      const gaps = [gapMs?.p50 ?? null, gapMs?.p99 ?? null].map(milliseconds);
      return [[tier, counts(served), counts(refusals), counts(failures), ...gaps]];
    }),
  })}</div>
<p class="faint">Requests left ${milliseconds(latenessMs?.p50 ?? null)} (p50) and ${milliseconds(latenessMs?.p99 ?? null)} (p99) after their time; at most ${inFlightPeak} were in flight.</p>`;
}

function seriesCharts(series: TimeSeries, slo: LabReport['slo']): Markup {
  const { stepMs, evictions } = series;
  const present = TIERS.filter((tier) => series.tiers[tier] !== undefined);
  const of = (tier: Tier): NonNullable<TimeSeries['tiers'][Tier]> => series.tiers[tier]!;
  const quantiles = (p50: 'ttftP50Ms' | 'tpotP50Ms', p99: 'ttftP99Ms' | 'tpotP99Ms'): Line[] =>
    present.flatMap((tier) => [
      { name: `${tier} p99`, colour: tier, values: of(tier)[p99] },
      { name: `${tier} p50`, colour: tier, values: of(tier)[p50], dashed: true },
    ]);
  const plain = (name: 'queueDepth' | 'tokensPerSecond'): Line[] =>
    present.map((tier) => ({ name: tier, colour: tier, values: of(tier)[name] }));
  return markup`${timeChart({
    title: 'Time to the first token',
    caption: 'From arrival, by the step in which a request arrived.',
    stepMs,
    lines: quantiles('ttftP50Ms', 'ttftP99Ms'),
    format: milliseconds,
    limit: { name: `SLO ${milliseconds(slo.ttftMs)}`, value: slo.ttftMs },
    shape: 'lines',
  })}${timeChart({
    title: 'Time per output token',
    caption: 'After the first, by the step in which a request arrived.',
    stepMs,
    lines: quantiles('tpotP50Ms', 'tpotP99Ms'),
    format: milliseconds,
    limit: { name: `SLO ${milliseconds(slo.tpotMs)}`, value: slo.tpotMs },
    shape: 'lines',
  })}${timeChart({
    title: 'Load and harvest',
    caption: 'Prompt and answer tokens per second, the tiers on top of each other.',
    stepMs,
    lines: plain('tokensPerSecond'),
    format: number,
    shape: 'stack',
  })}${timeChart({
    title: 'Queues',
    caption: 'Requests without a first token yet, on average per step.',
    stepMs,
    lines: plain('queueDepth'),
    format: number,
    shape: 'levels',
  })}${timeChart({
    title: 'Evictions',
    caption: 'Flex requests that gave up their place, per step.',
    stepMs,
    lines: [{ name: 'evictions', colour: 'flex', values: evictions }],
    format: number,
    shape: 'columns',
  })}`;
}
