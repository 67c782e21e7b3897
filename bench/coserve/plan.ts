import type { PolicyName } from '@offpeak/lab';
import { BURST, lengthOf, runName, SUBSET, trafficName, type Case, type RunSpec, type TraceName } from './cases.ts';

export const PARTS = ['grid', 'burst', 'model', 'frontier'] as const;
export type Part = (typeof PARTS)[number];

/** What is wanted of a bench run. */
export interface Wish {
  readonly parts: readonly Part[];
  readonly policies: readonly PolicyName[];
  readonly traces: readonly TraceName[];
  readonly engines: readonly number[];
  readonly loads: readonly number[];
  readonly seeds: number;
  /** Of Offpeak in the grid; absent: as it is by default. */
  readonly flexShare?: number;
  /** Of Offpeak on the frontier. */
  readonly shares: readonly number[];
  readonly staticLimits: readonly number[];
}

/** Step times are predicted that many times too long, or too short. */
export const BIASES: readonly number[] = [2, 0.5];

/** Every run that the wish needs, each once; those of one case and seed together, the longest first, so that no core idles at the end. */
export function planned(wish: Wish): RunSpec[] {
  const specs = new Map<string, RunSpec>();
  const add = (spec: RunSpec): void => {
    specs.set(runName(spec), spec);
  };
  if (wish.parts.includes('grid')) for (const each of gridCases(wish)) addGrid(each, wish, add);
  if (wish.parts.includes('burst')) for (const each of burstCases(wish)) addBurst(each, wish, add);
  for (const each of subsetCases(wish)) addSubset(each, wish, add);
  const groups = Map.groupBy(specs.values(), trafficName);
  return [...groups.values()].sort(([one], [other]) => effort(other!) - effort(one!)).flat();
}

/** Simulated engine time, which is what a run costs. */
export function effort({ engines, load }: Case): number {
  return engines * lengthOf(engines).durationMs * (0.5 + load);
}

function gridCases({ traces, engines, loads }: Wish): Case[] {
  return traces.flatMap((trace) => engines.flatMap((count) => loads.map((load) => ({ trace, engines: count, load }))));
}

/** What the subset has in common with what is wanted. */
export function subsetCases(wish: Wish): Case[] {
  return gridCases({
    ...wish,
    traces: wish.traces.filter((trace) => (SUBSET.traces as readonly TraceName[]).includes(trace)),
    engines: wish.engines.filter((count) => (SUBSET.engines as readonly number[]).includes(count)),
  });
}

function burstCases(wish: Wish): Case[] {
  return subsetCases({ ...wish, loads: [BURST.load] });
}

export function subsetSeeds({ seeds }: Wish): number {
  return Math.min(seeds, SUBSET.seeds);
}

/** Nothing that the grid tells is worth anything without what it is compared with. */
function addGrid(each: Case, { policies, seeds, flexShare }: Wish, add: (spec: RunSpec) => void): void {
  for (const seed of seedsTo(seeds)) {
    add({ ...each, seed, policy: null });
    for (const policy of new Set<PolicyName>([...policies, 'oracle'])) {
      add({ ...each, seed, policy, ...(policy === 'offpeak' && flexShare !== undefined && { flexShare }) });
    }
  }
}

function addBurst(each: Case, { seeds }: Wish, add: (spec: RunSpec) => void): void {
  for (const seed of seedsTo(seeds)) {
    for (const policy of [null, 'offpeak'] as const) add({ ...each, seed, policy, burst: true });
  }
}

function addSubset(each: Case, wish: Wish, add: (spec: RunSpec) => void): void {
  const { parts, policies, shares, staticLimits } = wish;
  for (const seed of seedsTo(subsetSeeds(wish))) {
    const spec = { ...each, seed };
    if (parts.includes('model') || parts.includes('frontier')) {
      for (const policy of [null, 'offpeak', 'oracle'] as const) add({ ...spec, policy });
    }
    if (parts.includes('model')) for (const modelBias of BIASES) add({ ...spec, policy: 'offpeak', modelBias });
    if (parts.includes('frontier')) {
      for (const policy of policies) add({ ...spec, policy });
      for (const flexShare of shares) add({ ...spec, policy: 'offpeak', flexShare });
      for (const flexInFlightMax of staticLimits) add({ ...spec, policy: 'static', flexInFlightMax });
    }
  }
}

function seedsTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
