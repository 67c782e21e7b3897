import { expect, test, vi } from 'vitest';
import { startRetention } from './retention.ts';

const DAY_MS = 86_400_000;

function fakeStore(ages: number[]): { rows: number[]; trimLedger(before: number, rowsMax: number): Promise<number> } {
  return {
    rows: [...ages].sort((a, b) => a - b),
    async trimLedger(before, rowsMax) {
      const count = Math.min(rowsMax, this.rows.filter((at) => at < before).length);
      this.rows.splice(0, count);
      return count;
    },
  };
}

test('old rows go, a slice at a time, and young ones stay', async () => {
  const now = 100 * DAY_MS;
  const store = fakeStore([...Array(1_200).fill(now - 11 * DAY_MS), now - 9 * DAY_MS]);
  const trims = vi.spyOn(store, 'trimLedger');
  const onError = vi.fn();
  const retention = startRetention({ store, keepMs: 10 * DAY_MS, now: () => now, onError });
  await retention.trim();
  expect(store.rows).toEqual([now - 9 * DAY_MS]);
  expect(trims.mock.calls.map(([, rowsMax]) => rowsMax)).toEqual([500, 500, 500]);
  retention.setKeepMs(8 * DAY_MS);
  expect(await retention.trim()).toBe(1);
  await retention.stop();
  expect(onError).not.toHaveBeenCalled();
});

test('for ever is for ever', async () => {
  const store = fakeStore([0]);
  const retention = startRetention({ store, keepMs: 0, onError: () => undefined });
  expect(await retention.trim()).toBe(0);
  await retention.stop();
  expect(store.rows).toEqual([0]);
});

test('a store that fails is reported', async () => {
  const onError = vi.fn();
  const store = { trimLedger: () => Promise.reject(new Error('locked')) };
  const retention = startRetention({ store, keepMs: 1, onError });
  await expect(retention.trim()).rejects.toThrow('locked');
  await retention.stop();
  expect(onError).toHaveBeenCalled();
});
