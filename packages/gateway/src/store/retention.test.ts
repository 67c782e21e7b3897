import { afterEach, expect, test, vi } from 'vitest';
import { oldLedgerRows, startRetention } from './retention.ts';

const HOUR_MS = 3_600_000;

afterEach(() => {
  vi.useRealTimers();
});

/** Rows by the time from which on nobody needs them. */
function rowsWith(ends: readonly number[]): { left: number[]; trim(at: number, rowsMax: number): Promise<number> } {
  return {
    left: [...ends].sort((a, b) => a - b),
    async trim(at, rowsMax) {
      const count = Math.min(rowsMax, this.left.filter((end) => end <= at).length);
      this.left.splice(0, count);
      return count;
    },
  };
}

test('what is too old goes, a slice at a time, and the rest stays', async () => {
  const rows = rowsWith([...Array<number>(1_200).fill(7), 11]);
  const trim = vi.fn(rows.trim.bind(rows));
  const onError = vi.fn();
  let now = 10;
  const retention = startRetention({ trim, now: () => now, onError });
  await retention.trim();
  expect(rows.left).toEqual([11]);
  expect(trim.mock.calls).toEqual([
    [10, 500],
    [10, 500],
    [10, 500],
  ]);
  now = 11;
  expect(await retention.trim()).toBe(1);
  await retention.stop();
  expect(onError).not.toHaveBeenCalled();
});

test('it trims at once and then every hour, until it is stopped', async () => {
  vi.useFakeTimers();
  const trim = vi.fn(async () => 0);
  const retention = startRetention({ trim, onError: () => undefined });
  await vi.advanceTimersByTimeAsync(0);
  expect(trim).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
  expect(trim).toHaveBeenCalledTimes(3);
  await retention.stop();
  await vi.advanceTimersByTimeAsync(2 * HOUR_MS);
  expect(trim).toHaveBeenCalledTimes(3);
});

test('whoever stops it waits for the slice that is under way, and for no other', async () => {
  let letGo: (deleted: number) => void = () => undefined;
  const trim = vi.fn(() => new Promise<number>((resolve) => (letGo = resolve)));
  const retention = startRetention({ trim, onError: () => undefined });
  const stopped = retention.stop();
  letGo(500);
  await stopped;
  expect(trim).toHaveBeenCalledTimes(1);
});

test('a store that fails is reported, and asked again an hour later', async () => {
  vi.useFakeTimers();
  const onError = vi.fn();
  const trim = vi.fn(() => Promise.reject(new Error('locked')));
  const retention = startRetention({ trim, onError });
  await vi.advanceTimersByTimeAsync(HOUR_MS);
  expect(trim).toHaveBeenCalledTimes(2);
  expect(onError.mock.calls).toEqual([[new Error('locked')], [new Error('locked')]]);
  await expect(retention.trim()).rejects.toThrow('locked');
  await retention.stop();
});

test('ledger rows are too old by the setting of the moment, and never where they are kept for ever', async () => {
  const trimLedger = vi.fn(async () => 3);
  let keepMs = 10;
  const trim = oldLedgerRows({ trimLedger }, () => keepMs);
  expect(await trim(100, 5)).toBe(3);
  keepMs = 30;
  expect(await trim(100, 5)).toBe(3);
  keepMs = 0;
  expect(await trim(100, 5)).toBe(0);
  expect(trimLedger.mock.calls).toEqual([
    [90, 5],
    [70, 5],
  ]);
});
