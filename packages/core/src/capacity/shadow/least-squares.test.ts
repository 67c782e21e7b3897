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
