import type { Interval } from '@offpeak/lab';
import { caseName, variantOf, type Setting } from './cases.ts';
import { ofCells, type Cell } from './cells.ts';
import { subsetCases, subsetSeeds, type Wish } from './plan.ts';

/** One way to share engines: what it wins, and what it costs, averaged over the subset. */
export interface FrontierPoint {
  readonly name: string;
  /** Beside the others of its series. */
  readonly shortName: string;
  /** Points of one series are the same policy set differently, from the least flex to the most. */
  readonly series: 'offpeak' | 'static' | null;
  /** p99 TTFT of standard requests, times that without flex. */
  readonly cost: Interval;
  readonly h2: Interval;
}

export function frontierOf(cells: readonly Cell[], wish: Wish): FrontierPoint[] {
  if (!wish.parts.includes('frontier')) return [];
  const subset = inSubset(cells, wish);
  const point = (setting: Setting, series: FrontierPoint['series'] = null, value?: number): FrontierPoint[] => {
    const mine = subset.filter(({ variant }) => variant === variantOf(setting));
    const [cost, h2] = [ofCells(mine, 'standard.ttft.p99.ratio'), ofCells(mine, 'h2')];
    if (cost === null || h2 === null) return [];
    return [{ name: variantOf(setting), shortName: String(value ?? setting.policy), series, cost, h2 }];
  };
  return [
    ...wish.shares.flatMap((flexShare) => point({ policy: 'offpeak', flexShare }, 'offpeak', flexShare)),
    ...wish.staticLimits.flatMap((limit) => point({ policy: 'static', flexInFlightMax: limit }, 'static', limit)),
    // Its own limit is among those of the series.
    ...wish.policies.flatMap((policy) => (policy === 'static' ? [] : point({ policy }))),
  ];
}

/** The cells, and of them the seeds, that everything compared on the subset has. */
export function inSubset(cells: readonly Cell[], wish: Wish): Cell[] {
  const wanted = new Set(subsetCases(wish).map(caseName));
  const last = subsetSeeds(wish);
  return cells
    .filter((cell) => wanted.has(caseName(cell)))
    .map((cell) => ({ ...cell, seeds: new Map([...cell.seeds].filter(([seed]) => seed <= last)) }));
}
