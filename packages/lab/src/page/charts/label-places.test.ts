import { describe, expect, test } from 'vitest';
import { placeLabels, type Box, type Named, type Point } from './label-places.ts';

const PLOT: Box = { left: 0, right: 400, top: 0, bottom: 300 };

function named(...dots: readonly Point[]): Named[] {
  return dots.map((at) => ({ at, width: 80, height: 20 }));
}

describe('names of dots', () => {
  test('stand right of a dot that is alone, and left of it at the right edge', () => {
    const [first, last] = placeLabels(named([100, 100], [390, 200]), PLOT, []);
    expect(first).toEqual({ box: { left: 110, right: 190, top: 90, bottom: 110 }, anchor: 'left', leader: null });
    expect(last).toMatchObject({ box: { right: 380 }, anchor: 'right', leader: null });
  });

  test('are not put where they could be taken for the name of another dot', () => {
    const [first] = placeLabels(named([100, 100], [115, 100]), PLOT, []);
    expect(first!.box.right).toBeLessThan(115 - 12);
    const [beside] = placeLabels(named([100, 100]), PLOT, [{ left: 105, right: 130, top: 100, bottom: 100 }]);
    expect(beside!.box.right).toBe(90);
  });

  test('in a crowd cover nothing, and those that stand apart are joined to their dots', () => {
    const dots: Point[] = [150, 162, 174, 186].flatMap((x): Point[] => [
      [x, 140],
      [x + 5, 160],
    ]);
    const places = placeLabels(named(...dots), PLOT, []);
    for (const [index, { box, leader }] of places.entries()) {
      expect(box.left >= PLOT.left && box.right <= PLOT.right && box.top >= PLOT.top).toBe(true);
      for (const { box: other } of places.slice(index + 1)) {
        expect(
          box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
        ).toBe(false);
      }
      if (leader !== null) expect(leader[0]).toEqual(dots[index]);
    }
    expect(places.some(({ leader }) => leader !== null)).toBe(true);
  });

  test('stay beside their dots where there is no room at all', () => {
    const [only] = placeLabels(named([20, 10]), { left: 0, right: 40, top: 0, bottom: 20 }, []);
    expect(only!.box.left).toBe(30);
  });
});
