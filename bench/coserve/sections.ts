import type { PolicyName } from '@offpeak/lab';
import { TRACES, variantOf, type TraceName } from './cases.ts';
import { cellsOf, ofCell, ofCells, sharesOfCells, type Cell } from './cells.ts';
import { count, milliseconds, nearlyAll, percent, share, times } from './figures.ts';
import { frontierOf, inSubset, type FrontierPoint } from './frontier.ts';
import type { InteractiveTier } from './measures.ts';
import { BIASES } from './plan.ts';
import { reachOf, type Reached } from './reach.ts';
import type { Recording } from './records.ts';
import { QUIET_MS, recoveriesOf, type Recovery } from './recovery.ts';

/** A table with what has to be said about it. */
export interface Section {
  readonly title: string;
  readonly lead: readonly string[];
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly after?: readonly string[];
}

/** Everything that a recording tells. */
export interface Findings {
  readonly cells: readonly Cell[];
  readonly reach: readonly Reached[];
  readonly recoveries: readonly Recovery[];
  readonly frontier: readonly FrontierPoint[];
}

export function findingsOf(recording: Recording): Findings {
  const { wish, runs } = recording;
  const all = cellsOf(recording);
  const recoveries = recoveriesOf(runs);
  const main = mainVariant(recording);
  const grid = wish.parts.includes('grid') ? all : [];
  return {
    cells: all,
    reach: reachOf(
      grid.filter(({ variant }) => variant === main),
      recoveries,
    ),
    recoveries,
    frontier: frontierOf(all, wish),
  };
}

/** Offpeak as the grid has it. */
export function mainVariant({ wish }: Recording): string {
  return variantIn(wish, 'offpeak');
}

function variantIn({ flexShare }: Recording['wish'], policy: PolicyName): string {
  return variantOf({ policy, ...(policy === 'offpeak' && flexShare !== undefined && { flexShare }) });
}

export function reachSection({ reach }: Findings): Section {
  return {
    title: 'Goals',
    lead: [],
    head: ['goal', 'measured', ''],
    rows: reach.map(({ goal, measured, verdict }) => [goal, measured, verdict]),
    after: reach.flatMap(({ goal, misses }) =>
      misses.length === 0 ? [] : [`Missed (${goal}):`, ...misses.map(indented)],
    ),
  };
}

/** One row per policy, over all cells of the grid. */
export function policiesSection({ cells }: Findings, { wish }: Recording): Section | null {
  if (!wish.parts.includes('grid')) return null;
  const policies = new Set<PolicyName>([...wish.policies, 'oracle']);
  const rows = [...policies].flatMap((policy) => {
    const mine = cells.filter(({ variant }) => variant === variantIn(wish, policy));
    if (mine.length === 0) return [];
    return [
      [
        variantIn(wish, policy),
        share(ofCells(mine, 'h1')),
        share(ofCells(mine, 'h2')),
        share(ofCells(mine, 'oracleShare')),
        ...(['ttft.p50', 'ttft.p99', 'tpot.p50', 'tpot.p99'] as const).map((time) =>
          times(ofCells(mine, `standard.${time}.ratio`)),
        ),
        times(ofCells(mine, 'priority.ttft.p99.ratio')),
        nearlyAll(ofCells(mine, 'standard.slo.alone')),
        nearlyAll(ofCells(mine, 'standard.slo.together')),
        percent(sharesOfCells(mine, 'flexLost', 'flexComputed')),
        count(ofCells(mine, 'evictions')),
        count(ofCells(mine, 'flexRefused')),
        count(ofCells(mine, 'standardRefused')),
      ],
    ];
  });
  const cases = new Set(cells.map(({ trace, engines, load }) => `${trace} ${engines} ${load}`)).size;
  return {
    title: `Policies, averaged over ${cases} cases`,
    lead: ['Times as multiples of those without flex; evictions and refusals per run.'],
    head: [
      ...[
        '',
        'H1',
        'H2',
        'of the oracle',
        'TTFT p50 x',
        'TTFT p99 x',
        'TPOT p50 x',
        'TPOT p99 x',
        'priority TTFT p99 x',
      ],
      ...['SLO alone', 'SLO', 'flex lost', 'evictions', 'flex refused', 'standard refused'],
    ],
    rows,
  };
}

/** A table for each trace and number of engines: some policies, or all of them. */
export function caseSections({ cells }: Findings, recording: Recording, which: 'main' | 'all'): Section[] {
  const { wish } = recording;
  if (!wish.parts.includes('grid')) return [];
  const policies =
    which === 'all' ? new Set<PolicyName>([...wish.policies, 'oracle']) : (['offpeak', 'oracle'] as const);
  const variants = [...policies].map((policy) => variantIn(wish, policy));
  return wish.traces.flatMap((trace) =>
    wish.engines.flatMap((engines) => {
      const rows = wish.loads.flatMap((load) =>
        variants.flatMap((variant) => {
          const cell = cells.find(
            (each) =>
              each.trace === trace && each.engines === engines && each.load === load && each.variant === variant,
          );
          return cell === undefined ? [] : [caseRow(cell)];
        }),
      );
      return rows.length === 0 ? [] : [caseSection(trace, engines, rows)];
    }),
  );
}

function caseSection(trace: TraceName, engines: number, rows: readonly (readonly string[])[]): Section {
  return {
    title: `${trace}, ${engines} engine${engines === 1 ? '' : 's'}`,
    lead: [`${TRACES[trace]}. Times in ms: without flex > beside it, and the ratio.`],
    head: [
      ...[
        'load',
        'measured',
        'H1',
        'H2',
        'of the oracle',
        'standard TTFT p50',
        'TTFT p99',
        'TPOT p50',
        'TPOT p99',
        'SLO',
      ],
      ...['priority TTFT p50', 'TTFT p99', 'TPOT p50', 'TPOT p99', 'SLO'],
      ...['flex lost', 'evictions', 'flex refused', 'standard refused'],
    ],
    rows,
  };
}

function caseRow(cell: Cell): string[] {
  const tier = (name: InteractiveTier): string[] => [
    ...(['ttft.p50', 'ttft.p99', 'tpot.p50', 'tpot.p99'] as const).map((time) => {
      const of = (what: 'alone' | 'together' | 'ratio'): ReturnType<typeof ofCell> =>
        ofCell(cell, `${name}.${time}.${what}`);
      return `${milliseconds(of('alone'))} > ${milliseconds(of('together'))}, ${times(of('ratio'))}`;
    }),
    `${nearlyAll(ofCell(cell, `${name}.slo.alone`))} > ${nearlyAll(ofCell(cell, `${name}.slo.together`))}`,
  ];
  return [
    `${cell.load} ${cell.variant}`,
    share(ofCell(cell, 'load')),
    share(ofCell(cell, 'h1')),
    share(ofCell(cell, 'h2')),
    share(ofCell(cell, 'oracleShare')),
    ...tier('standard'),
    ...tier('priority'),
    percent(ofCell(cell, 'lostShare')),
    count(ofCell(cell, 'evictions')),
    count(ofCell(cell, 'flexRefused')),
    count(ofCell(cell, 'standardRefused')),
  ];
}

export function recoverySection({ recoveries }: Findings): Section | null {
  if (recoveries.length === 0) return null;
  const seconds = (ms: number): string => (ms / 1_000).toFixed(2);
  return {
    title: 'Recovery from a burst of three times the traffic for 10 s',
    lead: [
      `Seconds from the end of the burst to the arrival of the last standard request that misses its TTFT limit, before none does for ${QUIET_MS / 1_000} s; the same traffic with and without flex.`,
    ],
    head: ['', 'without flex', 'beside flex', 'later', 'later at worst'],
    rows: recoveries.map(({ trace, engines, load, aloneMs, togetherMs, laterMs, worstLaterMs }) => [
      `${trace}, ${engines} engine${engines === 1 ? '' : 's'}, load ${load}`,
      ...[aloneMs, togetherMs, laterMs].map((interval) =>
        interval.values > 1
          ? `${seconds(interval.mean)} ±${seconds(interval.high - interval.mean)}`
          : seconds(interval.mean),
      ),
      seconds(worstLaterMs),
    ]),
  };
}

export function modelSections({ cells }: Findings, recording: Recording): Section[] {
  const { wish } = recording;
  const mine = cells.filter(({ variant }) => variant === mainVariant(recording));
  const byLoad: Section = {
    title: 'How far predicted step times are from actual ones',
    lead: ['Absolute error as a share of the actual time, of every 16th step, averaged over the cases of a load.'],
    head: ['load', 'median', 'p90'],
    rows: wish.loads.flatMap((load) => {
      const at = mine.filter((cell) => cell.load === load);
      const [median, p90] = [ofCells(at, 'modelError.median'), ofCells(at, 'modelError.p90')];
      return median === null ? [] : [[String(load), percent(median), percent(p90)]];
    }),
  };
  if (!wish.parts.includes('model')) return byLoad.rows.length === 0 ? [] : [byLoad];
  const subset = inSubset(cells, wish);
  const biases = [undefined, ...BIASES];
  const biased: Section = {
    title: 'What wrong models do',
    lead: ['Every gap between tokens is told to the models as so many times as long as it was; on the subset.'],
    head: ['', 'H2', 'TTFT p99 x', 'priority TTFT p99 x', 'TPOT p50 x', 'SLO alone', 'SLO', 'evictions'],
    rows: biases.flatMap((modelBias) => {
      const variant = variantOf({ policy: 'offpeak', ...(modelBias === undefined ? {} : { modelBias }) });
      const these = subset.filter((cell) => cell.variant === variant);
      if (these.length === 0) return [];
      return [
        [
          modelBias === undefined ? 'as they are' : `times ${modelBias}`,
          share(ofCells(these, 'h2')),
          times(ofCells(these, 'standard.ttft.p99.ratio')),
          times(ofCells(these, 'priority.ttft.p99.ratio')),
          times(ofCells(these, 'standard.tpot.p50.ratio')),
          nearlyAll(ofCells(these, 'standard.slo.alone')),
          nearlyAll(ofCells(these, 'standard.slo.together')),
          count(ofCells(these, 'evictions')),
        ],
      ];
    }),
  };
  return [byLoad, biased];
}

export function frontierSection({ frontier }: Findings): Section | null {
  if (frontier.length === 0) return null;
  return {
    title: 'What is won, and what it costs',
    lead: [
      'Averaged over the subset. "share": Offpeak with its knob flexShare set so; "static": so many flex requests in flight per engine.',
    ],
    head: ['', 'H2', 'TTFT p99 x'],
    rows: frontier.map(({ name, h2, cost }) => [name, share(h2), times(cost)]),
  };
}

function indented(line: string): string {
  return `  ${line}`;
}
