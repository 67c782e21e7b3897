import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LeastSquares } from './least-squares.ts';

const GUESS = { weights: [10, 1, 1], variances: [1e6, 1e6, 1e6] };

function fed(model: LeastSquares, truth: readonly number[], samples: number, at: (index: number) => number[]): void {
  for (let index = 0; index < samples; index += 1) {
    const x = Float64Array.from(at(index));
    const y = truth.reduce((sum, weight, place) => sum + weight * x[place]!, 0);
    model.learn(x, y - model.predict(x), 1);
  }
}

test('without noise it finds the weights, whatever they are', () => {
  const weight = fc.double({ min: -50, max: 50, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(weight, weight, weight), (truth) => {
      const model = new LeastSquares(GUESS, 0.999);
      fed(model, truth, 200, (index) => [1, (index * 7) % 11, (index * 5) % 13]);
      for (const [place, expected] of truth.entries()) expect(model.weights[place]).toBeCloseTo(expected, 1);
    }),
  );
});

test('a sample that stands for several counts as several', () => {
  const once = new LeastSquares({ weights: [0], variances: [1] }, 1);
  const thrice = new LeastSquares({ weights: [0], variances: [1] }, 1);
  const x = Float64Array.of(1);
  for (let index = 0; index < 3; index += 1) once.learn(x, 6 - once.predict(x), 1);
  thrice.learn(x, 6 - thrice.predict(x), 3);
  expect(thrice.weights[0]).toBeCloseTo(once.weights[0]!, 9);
});

test('after half a million samples it is as sound as after a thousand', () => {
  const model = new LeastSquares({ weights: [10, 0.5, 4], variances: [1e4, 4, 40] }, 0.999);
  const truth = [8.3, 1.75, 2.85];
  fed(model, truth, 500_000, (index) => {
    const streams = 1 + ((index * 37) % 150);
    return [1, streams / 64, (streams * (400 + ((index * 13) % 700))) / 65_536];
  });
  for (const streams of [1, 20, 150]) {
    const x = Float64Array.of(1, streams / 64, (streams * 800) / 65_536);
    expect(model.predict(x)).toBeCloseTo(8.3 + 1.75 * x[1]! + 2.85 * x[2]!, 2);
  }
});

test('what is seen all the time is forgotten at its pace, also while nothing is seen of the rest', () => {
  const model = new LeastSquares({ weights: [10, 0.5, 4], variances: [1e4, 4, 40] }, 0.999);
  const alone = [1, 1 / 64, 500 / 65_536];
  fed(model, [20, 0, 0], 50_000, () => alone);
  fed(model, [23, 0, 0], 3_000, () => alone);
  expect(model.predict(Float64Array.from(alone))).toBeCloseTo(23, 0);
});

test('without forgetting it is the least-squares solution of all samples together, the first guess among them', () => {
  const value = fc.double({ min: -5, max: 5, noNaN: true });
  const sample = fc.record({ x: fc.tuple(value, value, value), y: value, weight: fc.integer({ min: 1, max: 8 }) });
  const guess = { weights: [1, -2, 0.5], variances: [10, 2, 0.3] };
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
      const model = new LeastSquares(guess, 1);
      // (Lambda + sum w x x') b = Lambda b0 + sum w x y, where Lambda holds the inverse variances of the guess b0.
      const matrix = guess.variances.map((variance, at) =>
        guess.variances.map((_, to) => (at === to ? 1 / variance : 0)),
      );
      const right = guess.weights.map((weight, at) => weight / guess.variances[at]!);
      for (const { x, y, weight } of samples) {
        const at = Float64Array.from(x);
        model.learn(at, y - model.predict(at), weight);
        for (let row = 0; row < 3; row += 1) {
          right[row]! += weight * x[row]! * y;
          for (let column = 0; column < 3; column += 1) matrix[row]![column]! += weight * x[row]! * x[column]!;
        }
      }
      const solution = solved(matrix, right);
      for (const [place, expected] of solution.entries()) expect(model.weights[place]).toBeCloseTo(expected, 6);
    }),
  );
});

/** Gauss: the matrix is positive definite, so that no pivot is 0. */
function solved(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, right[at]!]);
  for (let pivot = 0; pivot < rows.length; pivot += 1) {
    for (let row = 0; row < rows.length; row += 1) {
      if (row === pivot) continue;
      const factor = rows[row]![pivot]! / rows[pivot]![pivot]!;
      rows[row] = rows[row]!.map((cell, column) => cell - factor * rows[pivot]![column]!);
    }
  }
  return rows.map((row, at) => row.at(-1)! / row[at]!);
}
