import { describe, expect, it } from 'vitest';
import { recoveredMs, recoveriesOf } from './recovery.ts';
import { record } from './testing/record.ts';

const END_MS = 10_000;

describe('recoveredMs', () => {
  it('is the time from the end of the burst to the last miss that belongs to it', () => {
    expect(recoveredMs([4_000, 9_000, 10_500, 11_200], END_MS)).toBe(1_200);
  });

  it('is 0 where misses end with the burst, or none came', () => {
    expect(recoveredMs([4_000, 9_999], END_MS)).toBe(0);
    expect(recoveredMs([], END_MS)).toBe(0);
  });

  it('leaves out a single late request long afterwards', () => {
    expect(recoveredMs([9_000, 11_000, 20_000], END_MS)).toBe(1_000);
    expect(recoveredMs([9_000, 13_000], END_MS)).toBe(0);
  });

  it('follows misses however long they go on', () => {
    const misses = Array.from({ length: 30 }, (_, index) => 9_000 + 1_500 * index);
    expect(recoveredMs(misses, END_MS)).toBe(misses.at(-1)! - END_MS);
  });
});

it('recovery is compared with that of the same traffic without flex, seed by seed', () => {
  const endMs = 160_000;
  const runs = [1, 2].flatMap((seed) => [
    { ...record({ seed, policy: null, burst: true }), missedAtMs: [endMs + 100 * seed] },
    { ...record({ seed, burst: true }), missedAtMs: [endMs + 400, endMs + 1_000 * seed] },
  ]);
  const [recovery, ...others] = recoveriesOf(runs);
  expect(others).toEqual([]);
  expect(recovery).toMatchObject({ trace: 'diurnal', engines: 1, worstLaterMs: 1_800 });
  expect(recovery!.laterMs.mean).toBe(1_350);
  expect(recoveriesOf(runs.filter(({ spec }) => spec.policy !== null))).toEqual([]);
});
