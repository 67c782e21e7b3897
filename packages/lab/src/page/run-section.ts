import { TIERS, type Tier } from '@offpeak/core';
import type { LabReport, ReplayFacts, TimeSeries } from '../report.ts';
import { milliseconds, number } from '../tell/format.ts';
import { harvestSentence } from '../tell/sentences.ts';
import { answersTable, tiersTable } from '../tell/tables.ts';
import { wideTable } from './charts/frame.ts';
import { modelChart } from './charts/model-chart.ts';
import { timeChart, type Line } from './charts/time-charts.ts';
import { markup, type Markup } from './markup.ts';
import { unbroken } from './unbroken.ts';

/** All that one run found. */
export function runSection(report: LabReport): Markup {
  const { series, modelError, replay } = report;
  const harvest = harvestSentence(report);
  return markup`${harvest !== null && markup`<p>${unbroken(harvest)}</p>`}
<h3>Tiers</h3>
${wideTable('Tiers', tiersTable(report))}
${replay !== undefined && replayPart(replay)}
<div class="charts">
${series !== null && seriesCharts(series, report)}${modelError !== null && modelError.sample.length > 0 && modelChart(modelError)}
</div>`;
}

/** What answers said and how they ended, and how the replay itself fared. */
function replayPart(replay: ReplayFacts): Markup {
  const { latenessMs, inFlightPeak } = replay;
  return markup`<h3>Answers</h3>
${wideTable('Answers', answersTable(replay))}
<p class="faint">Requests left ${milliseconds(latenessMs?.p50 ?? null)} (p50) and ${milliseconds(latenessMs?.p99 ?? null)} (p99) after their time; at most ${inFlightPeak} were in flight.</p>`;
}

function seriesCharts(series: TimeSeries, { slo, tiers }: LabReport): Markup {
  const { stepMs, evictions } = series;
  const step = milliseconds(stepMs);
  const present = TIERS.filter((tier) => series.tiers[tier] !== undefined && tiers[tier] !== undefined);
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
    caption: `From arrival, by the ${step} in which a request arrived.`,
    stepMs,
    lines: quantiles('ttftP50Ms', 'ttftP99Ms'),
    label: 'time to the first token',
    format: milliseconds,
    limit: { name: `SLO ${milliseconds(slo.ttftMs)}`, value: slo.ttftMs },
    shape: 'lines',
  })}${timeChart({
    title: 'Time per output token',
    caption: `After the first, by the ${step} in which a request arrived.`,
    stepMs,
    lines: quantiles('tpotP50Ms', 'tpotP99Ms'),
    label: 'time per token',
    format: milliseconds,
    limit: { name: `SLO ${milliseconds(slo.tpotMs)}`, value: slo.tpotMs },
    shape: 'lines',
  })}${timeChart({
    title: 'Load and harvest',
    caption: 'Prompt and answer tokens per second, the tiers on top of each other.',
    stepMs,
    lines: plain('tokensPerSecond'),
    label: 'tokens per second',
    format: number,
    shape: 'stack',
  })}${timeChart({
    title: 'Queues',
    caption: `Requests without a first token yet, on average over ${step}.`,
    stepMs,
    lines: plain('queueDepth'),
    label: 'requests',
    format: number,
    shape: 'levels',
  })}${timeChart({
    title: 'Evictions',
    caption: `Flex requests that gave up their place, per ${step}.`,
    stepMs,
    lines: [{ name: 'evictions', colour: 'flex', values: evictions }],
    label: 'evictions',
    format: number,
    shape: 'columns',
  })}`;
}
