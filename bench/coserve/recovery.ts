import { meanWithInterval, type Interval } from '@offpeak/lab';
import { burstOf, runName, type Case } from './cases.ts';
import type { RunRecord } from './records.ts';

/** So long without a miss ends what a burst began; a single late request long afterwards is none of its. */
export const QUIET_MS = 2_000;

/** How long it takes, with and without flex, until a burst is over for those who arrive. */
export interface Recovery extends Case {
  readonly aloneMs: Interval;
  readonly togetherMs: Interval;
  /** How much longer it takes because of flex, seed by seed. */
  readonly laterMs: Interval;
  readonly worstLaterMs: number;
}

/**
 * From the end of the burst to the arrival of the last standard request that misses its TTFT limit before none does for a while; 0
 * where none does any more when the burst ends.
 */
export function recoveredMs(missedAtMs: readonly number[], burstEndMs: number): number {
  let clearMs = burstEndMs;
  for (const atMs of missedAtMs) {
    if (atMs <= burstEndMs) continue;
    if (atMs - clearMs > QUIET_MS) break;
    clearMs = atMs;
  }
  return clearMs - burstEndMs;
}

export function recoveriesOf(runs: readonly RunRecord[]): Recovery[] {
  const named = new Map(runs.map((run) => [runName(run.spec), run]));
  const together = runs.filter(({ spec }) => spec.burst === true && spec.policy !== null);
  const groups = Map.groupBy(together, ({ spec }) => runName({ ...spec, seed: 0 }));
  return [...groups.values()].flatMap((group) => {
    const pairs = group.flatMap((run) => {
      const alone = named.get(runName({ ...run.spec, policy: null }));
      if (alone?.missedAtMs === undefined || run.missedAtMs === undefined) return [];
      const { endMs } = burstOf(run.spec.engines);
      return [{ alone: recoveredMs(alone.missedAtMs, endMs), together: recoveredMs(run.missedAtMs, endMs) }];
    });
    const laters = pairs.map((pair) => pair.together - pair.alone);
    const aloneMs = meanWithInterval(pairs.map(({ alone }) => alone));
    const togetherMs = meanWithInterval(pairs.map((pair) => pair.together));
    const laterMs = meanWithInterval(laters);
    if (aloneMs === null || togetherMs === null || laterMs === null) return [];
    const { trace, engines, load } = group[0]!.spec;
    return [{ trace, engines, load, aloneMs, togetherMs, laterMs, worstLaterMs: Math.max(...laters) }];
  });
}
