import { describe, expect, it } from 'vitest';
import { cellsOf, type Cell } from './cells.ts';
import { reachOf, type Reached } from './reach.ts';
import type { Recovery } from './recovery.ts';
import { record, type Told } from './testing/record.ts';

const FLEX_CEILING = { requestsPerSecond: 1, tokensPerSecond: 10_000 };

/** One cell per engine count, each with what happened alone and beside flex. */
function cells(...told: readonly { engines?: number; alone?: Told; together: Told }[]): Cell[] {
  const runs = told.flatMap(({ engines = 1, alone = {}, together }, index) => {
    const spec = { engines, load: 0.1 * (index + 1) };
    return [record({ ...spec, policy: null }, alone), record(spec, together)];
  });
  return cellsOf({ runs, flexCeiling: FLEX_CEILING });
}

function verdictOn(goal: RegExp, found: readonly Reached[]): Reached {
  const reached = found.filter((each) => goal.test(each.goal));
  expect(reached).toHaveLength(1);
  return reached[0]!;
}

const later = (worstLaterMs: number): Recovery => {
  const ms = { mean: 500, low: 500, high: 500, values: 1 };
  return { trace: 'diurnal', engines: 1, load: 0.5, aloneMs: ms, togetherMs: ms, laterMs: ms, worstLaterMs };
};

describe('a goal', () => {
  it('is met on its limit and missed beyond it', () => {
    const ratio = (ttftP99: number): string =>
      verdictOn(/^standard TTFT p99/, reachOf(cells({ together: { ttftP99 } }), [])).verdict;
    expect(ratio(250)).toBe('met');
    expect(ratio(251)).toBe('missed');
    const h2 = (flex: number): string =>
      verdictOn(/^H2 at least 0.9$/, reachOf(cells({ together: { flex } }), [])).verdict;
    expect(h2(4_500)).toBe('met');
    expect(h2(4_490)).toBe('missed');
  });

  it('of a fleet looks at fleets alone', () => {
    const found = reachOf(cells({ together: { ttftP99: 900 } }, { engines: 4, together: { ttftP99: 202 } }), []);
    expect(verdictOn(/^the same at most 1.05/, found).verdict).toBe('met');
    expect(verdictOn(/^standard TTFT p99/, found).verdict).toBe('missed');
  });

  it('is not measured where nothing of it was run', () => {
    expect(new Set(reachOf([], []).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
    expect(verdictOn(/oracle/, reachOf(cells({ together: {} }), [])).verdict).toBe('not measured');
  });

  it('of the SLO counts where it holds without flex, and names the cases that miss it', () => {
    const found = reachOf(
      cells(
        { alone: { slo: 0.995 }, together: { slo: 0.99 } },
        { alone: { slo: 0.995 }, together: { slo: 0.98 } },
        { alone: { slo: 0.5 }, together: { slo: 0.4 } },
      ),
      [],
    );
    const reached = verdictOn(/within its SLO/, found);
    expect(reached.verdict).toBe('missed');
    expect(reached.misses).toEqual([expect.stringContaining('load 0.2: 0.9800')]);
    expect(reached.measured).toBe('1 of 2 cases (1 more miss it without flex)');
  });

  it('of refusals does not let one case make up for another', () => {
    const found = reachOf(cells({ alone: { refused: 5 }, together: {} }, { together: { refused: 2 } }), []);
    expect(verdictOn(/turned away/, found)).toMatchObject({ verdict: 'missed', measured: '2' });
  });

  it('of recovery is held against the worst run', () => {
    expect(verdictOn(/^recovered/, reachOf([], [later(999), later(0)])).verdict).toBe('met');
    expect(verdictOn(/^recovered/, reachOf([], [later(1_000)])).verdict).toBe('missed');
  });

  it('of lost tokens is told both ways', () => {
    const found = reachOf(
      cells({ together: { lostShare: 0.015, computed: 10 } }, { together: { lostShare: 0.001, computed: 10_000 } }),
      [],
    );
    expect(verdictOn(/mean of the cases/, found)).toMatchObject({ verdict: 'met', measured: '0.80 %' });
    expect(verdictOn(/of all tokens/, found)).toMatchObject({ verdict: 'met', measured: '0.10 %' });
  });
});
