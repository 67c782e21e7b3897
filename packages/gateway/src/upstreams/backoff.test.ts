import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff, BACKOFF_MS_BASE, BACKOFF_MS_MAX } from './backoff.ts';

const LAST = 1 - 2 ** -53;

function refusals(backoff: Backoff, count: number, hintMs?: number): number[] {
  return Array.from({ length: count }, () => backoff.refused(hintMs));
}

test('each refusal in a row may cost twice as long a pause, up to the most', () => {
  const ceilings = refusals(new Backoff(() => LAST), 9);
  const expected = [1, 2, 4, 8, 16, 32, 64, 128, 256].map((times) => Math.min(times * BACKOFF_MS_BASE, BACKOFF_MS_MAX));
  for (const [index, ms] of ceilings.entries()) expect(ms).toBeCloseTo(expected[index]!, 6);
  expect(new Set(refusals(new Backoff(() => 0.5), 7)).size).toBe(7);
});

test('the jitter is full: the shortest pause is next to none, and never none', () => {
  expect(refusals(new Backoff(() => 0), 40)).toEqual(Array(40).fill(1));
});

test('a pause lies within its bounds, however many refusals came before and whatever chance says', () => {
  const chance = fc.double({ min: 0, max: LAST, noNaN: true });
  fc.assert(
    fc.property(fc.array(chance, { minLength: 1, maxLength: 80 }), (chances) => {
      const left = [...chances];
      const backoff = new Backoff(() => left.shift()!);
      for (const [index, each] of chances.entries()) {
        const ceiling = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_BASE * 2 ** index);
        expect(backoff.refused(undefined)).toBe(Math.max(1, each * ceiling));
      }
    }),
  );
});

test('a success begins anew', () => {
  const backoff = new Backoff(() => LAST);
  refusals(backoff, 5);
  backoff.succeeded();
  expect(backoff.refused(undefined)).toBeLessThanOrEqual(BACKOFF_MS_BASE);
});

test('what the provider says is waited for, and up to a tenth more', () => {
  expect(new Backoff(() => 0).refused(5_000)).toBe(5_000);
  expect(new Backoff(() => LAST).refused(5_000)).toBeCloseTo(5_500, 6);
  // Longer than any pause of its own: the provider knows.
  expect(new Backoff(() => 0).refused(600_000)).toBe(600_000);
});

test('a hint of nothing is a short pause, not an invitation to hammer', () => {
  for (const hintMs of [0, -5, 3]) {
    expect(new Backoff(() => 0).refused(hintMs)).toBe(100);
    expect(new Backoff(() => LAST).refused(hintMs)).toBeCloseTo(110, 6);
  }
});

test('refusals with a hint count for those without', () => {
  const backoff = new Backoff(() => LAST);
  refusals(backoff, 3, 200);
  expect(backoff.refused(undefined)).toBeCloseTo(8 * BACKOFF_MS_BASE, 6);
});
