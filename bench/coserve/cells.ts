import { meanWithInterval, type Interval } from '@offpeak/lab';
import { caseName, runName, variantOf, type Case, type RunSpec } from './cases.ts';
import { measuresOf, type MeasureName, type Measures } from './measures.ts';
import type { Recording } from './records.ts';

/** What a policy does in one case, under every seed. */
export interface Cell extends Case {
  readonly variant: string;
  readonly seeds: ReadonlyMap<number, Measures>;
}

/** All that was run beside flex, without the runs with a burst, which have questions of their own. */
export function cellsOf({ runs, flexCeiling }: Pick<Recording, 'runs' | 'flexCeiling'>): Cell[] {
  const named = new Map(runs.map((run) => [runName(run.spec), run]));
  const cells = new Map<string, Cell & { readonly seeds: Map<number, Measures> }>();
  for (const run of runs) {
    const { trace, engines, load, seed, policy, burst } = run.spec;
    if (policy === null || burst === true) continue;
    const other = (spec: Pick<RunSpec, 'policy'>): string => runName({ trace, engines, load, seed, ...spec });
    const alone = named.get(other({ policy: null }));
    if (alone === undefined) continue;
    const oracle = named.get(other({ policy: 'oracle' }));
    const variant = variantOf(run.spec);
    const name = `${caseName(run.spec)}, ${variant}`;
    const cell = cells.get(name) ?? { trace, engines, load, variant, seeds: new Map<number, Measures>() };
    cells.set(name, cell);
    cell.seeds.set(seed, measuresOf(run, { alone, oracle, flexCeiling: flexCeiling.tokensPerSecond }));
  }
  return [...cells.values()];
}

/** The mean over the seeds of one cell. Null where nothing was measured. */
export function ofCell({ seeds }: Cell, measure: MeasureName): Interval | null {
  return meanWithInterval(known([...seeds.values()].map((measures) => measures[measure])));
}

/**
 * The mean over cells. Its interval is that of the seeds' own means, which are independent of each other where the cells are not:
 * in all of them the first seed's flex has the same lengths.
 */
export function ofCells(cells: readonly Cell[], measure: MeasureName): Interval | null {
  return bySeed(cells, (seed) => mean(known(cells.map(({ seeds }) => seeds.get(seed)?.[measure] ?? null))));
}

/** The sum of one over the sum of another, over cells. */
export function sharesOfCells(cells: readonly Cell[], part: MeasureName, whole: MeasureName): Interval | null {
  const total = (measure: MeasureName, seed: number): number =>
    known(cells.map(({ seeds }) => seeds.get(seed)?.[measure] ?? null)).reduce((sum, value) => sum + value, 0);
  return bySeed(cells, (seed) => (total(whole, seed) === 0 ? null : total(part, seed) / total(whole, seed)));
}

function bySeed(cells: readonly Cell[], valueOf: (seed: number) => number | null): Interval | null {
  const seeds = new Set(cells.flatMap((cell) => [...cell.seeds.keys()]));
  return meanWithInterval(known([...seeds].map(valueOf)));
}

function mean(values: readonly number[]): number | null {
  return meanWithInterval(values)?.mean ?? null;
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}
