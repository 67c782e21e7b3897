import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from './random.ts';

const DRAWS = 200_000;

function moments(draw: () => number): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let index = 0; index < DRAWS; index += 1) {
    const value = draw();
    sum += value;
    squares += value * value;
  }
  const mean = sum / DRAWS;
  return { mean, deviation: Math.sqrt(squares / DRAWS - mean * mean) };
}

test('the same seed and streams draw the same, others draw others', () => {
  const first = (...words: [number, ...number[]]): number[] => {
    const random = new Random(...words);
    return Array.from({ length: 4 }, () => random.unit());
  };
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.nat(), fc.nat(), (seed, one, other) => {
      expect(first(seed, one)).toEqual(first(seed, one));
      if (one !== other) expect(first(seed, one)).not.toEqual(first(seed, other));
      expect(first(seed, one)).not.toEqual(first(seed, one, 0));
      expect(first(seed + 2 ** 32, one)).not.toEqual(first(seed, one));
    }),
  );
});

test('these numbers, on every machine and in every release: seeds in reports must go on meaning what they meant', () => {
  const random = new Random(1);
  expect(Array.from({ length: 4 }, () => random.below(1_000_000))).toEqual([766_266, 457_623, 554_952, 254_645]);
});

test('unit numbers are spread evenly, and neighbouring seeds look unrelated', () => {
  const random = new Random(1);
  const uniform = moments(() => random.unit());
  expect(uniform.mean).toBeCloseTo(0.5, 2);
  expect(uniform.deviation).toBeCloseTo(Math.sqrt(1 / 12), 2);
  let seed = 0;
  const seeds = moments(() => new Random((seed += 1)).unit());
  expect(seeds.mean).toBeCloseTo(0.5, 2);
  expect(seeds.deviation).toBeCloseTo(Math.sqrt(1 / 12), 2);
});

test('normal, exponential and gamma draws have the mean and deviation of their names', () => {
  const random = new Random(2);
  const normal = moments(() => random.normal());
  expect(Math.abs(normal.mean)).toBeLessThan(0.01);
  expect(normal.deviation).toBeCloseTo(1, 2);
  const exponential = moments(() => random.exponential());
  expect(exponential.mean).toBeCloseTo(1, 1);
  expect(exponential.deviation).toBeCloseTo(1, 1);
  for (const shape of [0.3, 1, 7]) {
    const gamma = moments(() => random.gamma(shape));
    expect(gamma.mean / shape).toBeCloseTo(1, 1);
    expect(gamma.deviation / Math.sqrt(shape)).toBeCloseTo(1, 1);
  }
});
