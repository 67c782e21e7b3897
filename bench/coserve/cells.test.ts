import { describe, expect, it } from 'vitest';
import { cellsOf, ofCell, ofCells, sharesOfCells, type Cell } from './cells.ts';
import type { RunRecord } from './records.ts';
import { record } from './testing/record.ts';

const CEILING = { requestsPerSecond: 1, tokensPerSecond: 10_000 };
const ALONE = { policy: null } as const;

function cells(...runs: readonly RunRecord[]): Cell[] {
  return cellsOf({ runs, flexCeiling: CEILING });
}

describe('a cell', () => {
  it('has harvest as a share of the ceiling, of its idle part, and of the oracle', () => {
    const [cell] = cells(
      record(ALONE),
      record({}, { load: 0.6, flex: 3_000 }),
      record({ policy: 'oracle' }, { load: 0.6, flex: 4_000 }),
    );
    expect(ofCell(cell!, 'h1')?.mean).toBeCloseTo(0.3);
    expect(ofCell(cell!, 'h2')?.mean).toBeCloseTo(0.75);
    expect(ofCell(cell!, 'oracleShare')?.mean).toBeCloseTo(0.75);
  });

  it('counts the ceiling of all engines', () => {
    const [cell] = cells(record({ ...ALONE, engines: 4 }), record({ engines: 4 }, { flex: 20_000 }));
    expect(ofCell(cell!, 'h1')?.mean).toBeCloseTo(0.5);
  });

  it('says nothing of an idle part that is none, or of an oracle that did not run', () => {
    const [cell] = cells(record(ALONE), record({}, { load: 1.01, flex: 1 }));
    expect(ofCell(cell!, 'h2')).toBeNull();
    expect(ofCell(cell!, 'oracleShare')).toBeNull();
  });

  it('compares each seed with itself, and tells the spread over seeds', () => {
    const [cell] = cells(
      ...[100, 200].map((ttftP99, index) => record({ ...ALONE, seed: index + 1 }, { ttftP99 })),
      ...[110, 240].map((ttftP99, index) => record({ seed: index + 1 }, { ttftP99 })),
    );
    const ratio = ofCell(cell!, 'standard.ttft.p99.ratio')!;
    expect(ratio.mean).toBeCloseTo(1.15);
    expect(ratio.values).toBe(2);
    expect(ratio.low).toBeLessThan(1.1);
    expect(ratio.high).toBeGreaterThan(1.2);
  });

  it('is not made of a burst, nor of a run without its traffic alone', () => {
    expect(cells(record(ALONE), record({ burst: true }))).toEqual([]);
    expect(cells(record({ seed: 2 }), record(ALONE))).toEqual([]);
  });

  it('is another one for other settings of the same policy', () => {
    const found = cells(record(ALONE), record({}), record({ flexShare: 0.3 }), record({ modelBias: 2 }));
    expect(found.map(({ variant }) => variant)).toEqual(['offpeak', 'offpeak share 0.3', 'offpeak models wrong by 2']);
  });
});

describe('over cells', () => {
  it('a mean is one of means of seeds, and a share one of sums', () => {
    const found = cells(
      ...[0.25, 0.5].flatMap((load, index) => [
        record({ ...ALONE, load }),
        record({ load }, { flex: 1_000 * (index + 1), lostShare: 0.1 * (index + 1), computed: 1_000 + 8_000 * index }),
      ]),
    );
    expect(found).toHaveLength(2);
    expect(ofCells(found, 'h1')?.mean).toBeCloseTo(0.15);
    // Cells are not independent of each other: one seed is one value, however many cells it has.
    expect(ofCells(found, 'h1')?.values).toBe(1);
    expect(ofCells(found, 'lostShare')?.mean).toBeCloseTo(0.15);
    expect(sharesOfCells(found, 'flexLost', 'flexComputed')?.mean).toBeCloseTo((100 + 1_800) / 10_000);
    expect(ofCells([], 'h1')).toBeNull();
  });
});
