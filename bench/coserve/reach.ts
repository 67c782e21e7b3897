import type { Interval } from '@offpeak/lab';
import { caseName } from './cases.ts';
import { ofCell, ofCells, sharesOfCells, type Cell } from './cells.ts';
import { fineShare, percent, times } from './figures.ts';
import type { Recovery } from './recovery.ts';

/** A goal of the project beside what this run found. */
export interface Reached {
  readonly goal: string;
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not measured';
  /** Which cases miss it, each by its name and figure, where it is a goal for each of them. */
  readonly misses: readonly string[];
}

const GOALS = {
  h2: 0.9,
  oracleShare: 0.95,
  slo: 0.99,
  ttftRatio: 1.25,
  fleetTtftRatio: 1.05,
  fleetEngines: 4,
  priorityRatio: 1.05,
  tpotRatio: 2,
  lostShare: 0.01,
  recoveryMs: 1_000,
} as const;

/** Of Offpeak's cells. A goal that is a mean is held against the mean, and not against its interval. */
export function reachOf(cells: readonly Cell[], recoveries: readonly Recovery[]): Reached[] {
  const fleet = cells.filter(({ engines }) => engines >= GOALS.fleetEngines);
  const atFleet = `with ${GOALS.fleetEngines} engines or more`;
  const lost = 'flex tokens computed for nothing below 1 %';
  return [
    least(`H2 at least ${GOALS.h2}`, ofCells(cells, 'h2'), GOALS.h2),
    least(`H2 at least ${GOALS.h2} ${atFleet}`, ofCells(fleet, 'h2'), GOALS.h2),
    least(
      `at least ${GOALS.oracleShare} of what the oracle harvests`,
      ofCells(cells, 'oracleShare'),
      GOALS.oracleShare,
    ),
    slo(cells),
    most(
      `standard TTFT p99 at most ${GOALS.ttftRatio} times that without flex`,
      ofCells(cells, 'standard.ttft.p99.ratio'),
      GOALS.ttftRatio,
    ),
    most(
      `the same at most ${GOALS.fleetTtftRatio} times ${atFleet}`,
      ofCells(fleet, 'standard.ttft.p99.ratio'),
      GOALS.fleetTtftRatio,
    ),
    most(
      `priority TTFT p99 at most ${GOALS.priorityRatio} times`,
      ofCells(cells, 'priority.ttft.p99.ratio'),
      GOALS.priorityRatio,
    ),
    most(
      `standard TPOT p50 at most ${GOALS.tpotRatio} times`,
      ofCells(cells, 'standard.tpot.p50.ratio'),
      GOALS.tpotRatio,
    ),
    below(`${lost}, mean of the cases`, ofCells(cells, 'lostShare')),
    below(`${lost}, of all tokens`, sharesOfCells(cells, 'flexLost', 'flexComputed')),
    refusals(cells),
    recovery(recoveries),
  ];
}

function least(goal: string, found: Interval | null, min: number): Reached {
  return verdict(goal, found, fineShare, (mean) => mean >= min);
}

function most(goal: string, found: Interval | null, max: number): Reached {
  return verdict(goal, found, times, (mean) => mean <= max);
}

function below(goal: string, found: Interval | null): Reached {
  return verdict(goal, found, percent, (mean) => mean < GOALS.lostShare);
}

function verdict(
  goal: string,
  found: Interval | null,
  told: (found: Interval | null) => string,
  holds: (mean: number) => boolean,
): Reached {
  if (found === null) return notMeasured(goal);
  return { goal, measured: told(found), verdict: holds(found.mean) ? 'met' : 'missed', misses: [] };
}

function notMeasured(goal: string): Reached {
  return { goal, measured: '-', verdict: 'not measured', misses: [] };
}

/** Where the traffic alone does not meet it, no scheduler beside it can. */
function slo(cells: readonly Cell[]): Reached {
  const goal = `standard within its SLO in at least ${GOALS.slo} of requests wherever it is so without flex`;
  const told = cells.flatMap((cell) => {
    const [alone, together] = [ofCell(cell, 'standard.slo.alone'), ofCell(cell, 'standard.slo.together')];
    if (alone === null || together === null || alone.mean < GOALS.slo) return [];
    return [{ cell, alone: alone.mean, together: together.mean }];
  });
  if (told.length === 0) return notMeasured(goal);
  const misses = told.filter(({ together }) => together < GOALS.slo);
  return {
    goal,
    measured: `${told.length - misses.length} of ${told.length} cases (${cells.length - told.length} more miss it without flex)`,
    verdict: misses.length === 0 ? 'met' : 'missed',
    misses: misses.map(
      ({ cell, alone, together }) => `${caseName(cell)}: ${together.toFixed(4)}, without flex ${alone.toFixed(4)}`,
    ),
  };
}

/** Counted in each run, so that one that turns fewer away does not make up for another. */
function refusals(cells: readonly Cell[]): Reached {
  const goal = 'no standard request turned away because of flex';
  if (cells.length === 0) return notMeasured(goal);
  const told = cells.map((cell) => {
    const more = [...cell.seeds.values()].reduce(
      (sum, { standardRefused }) => sum + Math.max(0, standardRefused ?? 0),
      0,
    );
    return { cell, more };
  });
  const misses = told.filter(({ more }) => more > 0);
  return {
    goal,
    measured: String(misses.reduce((sum, { more }) => sum + more, 0)),
    verdict: misses.length === 0 ? 'met' : 'missed',
    misses: misses.map(({ cell, more }) => `${caseName(cell)}: ${more}`),
  };
}

/** Held against the worst run. */
function recovery(recoveries: readonly Recovery[]): Reached {
  const goal = 'recovered from a burst of three times the traffic less than 1 s later than without flex';
  if (recoveries.length === 0) return notMeasured(goal);
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;
  const misses = recoveries.filter(({ worstLaterMs }) => worstLaterMs >= GOALS.recoveryMs);
  const means = recoveries.map(({ laterMs }) => laterMs.mean);
  const worst = Math.max(...recoveries.map(({ worstLaterMs }) => worstLaterMs));
  return {
    goal,
    measured: `${seconds(means.reduce((sum, value) => sum + value, 0) / means.length)} on average, ${seconds(worst)} at worst`,
    verdict: misses.length === 0 ? 'met' : 'missed',
    misses: misses.map((each) => `${caseName(each)}: ${seconds(each.worstLaterMs)} at worst`),
  };
}
