import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DATABASE_FILE, openSqliteStore } from '../store/sqlite/open.ts';
import type { AppendResult } from '../store/store.ts';
import type { LedgerRow } from './row.ts';
import { ledgerRow } from './testing/row.ts';
import {
  ACCEPTING_ROWS_MAX,
  CLOSE_ATTEMPTS_MAX,
  FAILURES_UNHEALTHY,
  FLUSH_MS,
  FLUSH_ROWS,
  HELD_ROWS_MAX,
  LedgerWriter,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  SLICE_ROWS_MAX,
  type LedgerEvents,
} from './writer.ts';

/** A store that fails whenever it is told to. */
class FakeStore {
  readonly slices: LedgerRow[][] = [];
  broken = false;
  attempts = 0;

  get ids(): string[] {
    return this.slices.flat().map(({ id }) => id);
  }

  async appendLedger(rows: readonly LedgerRow[]): Promise<AppendResult> {
    this.attempts += 1;
    if (this.broken) throw new Error('disk is full');
    this.slices.push([...rows]);
    return { written: rows.length, duplicates: [], invalid: [] };
  }
}

function events(): { [name in keyof LedgerEvents]: ReturnType<typeof vi.fn<LedgerEvents[name]>> } {
  return { flushed: vi.fn(), duplicate: vi.fn(), invalid: vi.fn(), failed: vi.fn(), lost: vi.fn() };
}

function appendMany(writer: LedgerWriter, count: number, from = 0): void {
  for (let index = from; index < from + count; index += 1) writer.append(ledgerRow(`r${index}`));
}

function idsUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `r${index}`);
}

describe('with time held still', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('rows go out in order, in small slices, when their time has come', async () => {
    const store = new FakeStore();
    const told = events();
    const writer = new LedgerWriter(store, told);
    appendMany(writer, 150);
    await vi.advanceTimersByTimeAsync(FLUSH_MS - 1);
    expect(store.slices).toEqual([]);
    // Between two slices the event loop turns, which the held time counts as a millisecond.
    await vi.advanceTimersByTimeAsync(10);
    expect(store.slices.map((slice) => slice.length)).toEqual([SLICE_ROWS_MAX, SLICE_ROWS_MAX, 22]);
    expect(store.ids).toEqual(idsUpTo(150));
    expect(writer.waiting).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(told.flushed.mock.calls.map(([rows]) => rows)).toEqual([64, 64, 22]);
  });

  test('many rows do not wait for the timer', async () => {
    const store = new FakeStore();
    const writer = new LedgerWriter(store, events());
    appendMany(writer, FLUSH_ROWS);
    await vi.advanceTimersByTimeAsync(FLUSH_MS / 2);
    expect(store.ids).toHaveLength(FLUSH_ROWS);
  });

  test('rows that arrive during a flush are written by the next', async () => {
    const store = new FakeStore();
    const writer = new LedgerWriter(store, events());
    appendMany(writer, 1);
    const append = store.appendLedger.bind(store);
    store.appendLedger = async (rows) => {
      if (store.slices.length === 0) writer.append(ledgerRow('late'));
      return append(rows);
    };
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(store.ids).toEqual(['r0']);
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(store.ids).toEqual(['r0', 'late']);
  });

  test('a broken store is asked again, ever more rarely, and gets every row in order when it is back', async () => {
    const store = new FakeStore();
    const told = events();
    const writer = new LedgerWriter(store, told);
    store.broken = true;
    appendMany(writer, 100);
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    const waits: number[] = [];
    for (let last = store.attempts, waited = 0; waits.length < 8; waited += RETRY_MS_MIN) {
      if (store.attempts > last) {
        waits.push(waited);
        waited = 0;
        last = store.attempts;
      }
      await vi.advanceTimersByTimeAsync(RETRY_MS_MIN);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 50, 50].map((times) => times * RETRY_MS_MIN));
    expect(writer.waiting).toBe(100);
    store.broken = false;
    appendMany(writer, 100, 100);
    await vi.advanceTimersByTimeAsync(RETRY_MS_MAX);
    expect(store.ids).toEqual(idsUpTo(200));
    expect(told.lost).not.toHaveBeenCalled();
    expect(writer.health()).toEqual({ ok: true });
  });

  test('it is unhealthy after some failures in a row, not after one', async () => {
    const store = new FakeStore();
    const told = events();
    const writer = new LedgerWriter(store, told);
    store.broken = true;
    writer.append(ledgerRow('a'));
    for (let failure = 1; failure <= FAILURES_UNHEALTHY; failure += 1) {
      expect(writer.health().ok).toBe(true);
      await expect(writer.flush()).rejects.toThrow('disk is full');
    }
    expect(writer.health()).toEqual({ ok: false, reason: 'the ledger cannot be written (disk is full); 1 rows wait' });
    expect(told.failed).toHaveBeenLastCalledWith(expect.any(Error), FAILURES_UNHEALTHY, 1);
  });

  test('what waits is bounded: it stops accepting first, and says what is lost', () => {
    const store = new FakeStore();
    const told = events();
    const writer = new LedgerWriter(store, told);
    appendMany(writer, ACCEPTING_ROWS_MAX - 1);
    expect(writer.accepting).toBe(true);
    appendMany(writer, HELD_ROWS_MAX - ACCEPTING_ROWS_MAX + 1);
    expect(writer.accepting).toBe(false);
    expect(told.lost).not.toHaveBeenCalled();
    appendMany(writer, 2);
    expect(writer.waiting).toBe(HELD_ROWS_MAX);
    expect(told.lost).toHaveBeenCalledTimes(2);
  });

  test('close gives up on a store that stays broken, and says how much is lost', async () => {
    const store = new FakeStore();
    const told = events();
    const writer = new LedgerWriter(store, told);
    store.broken = true;
    appendMany(writer, 3);
    const closed = writer.close();
    await vi.runAllTimersAsync();
    await closed;
    expect(store.attempts).toBe(CLOSE_ATTEMPTS_MAX);
    expect(told.lost.mock.calls).toEqual([[3]]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('whatever the store does, each row is written once and in order, or waits', async () => {
    const steps = fc.array(
      fc.oneof(fc.nat({ max: 200 }), fc.constantFrom('break', 'mend', 'flush', 'time'), fc.constant('time')),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const store = new FakeStore();
        const told = events();
        const writer = new LedgerWriter(store, told);
        let appended = 0;
        for (const step of script) {
          if (typeof step === 'number') {
            appendMany(writer, step, appended);
            appended += step;
          } else if (step === 'flush') void writer.flush().catch(() => undefined);
          else if (step === 'time') await vi.advanceTimersByTimeAsync(FLUSH_MS);
          else store.broken = step === 'break';
        }
        store.broken = false;
        const closed = writer.close();
        await vi.runAllTimersAsync();
        await closed;
        expect(store.ids).toEqual(idsUpTo(appended));
        expect(told.lost).not.toHaveBeenCalled();
      }),
      { numRuns: 60 },
    );
  });
});

describe('on a real database', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'offpeak-ledger-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test('a clean stop writes everything, though another process holds the database for a while', async () => {
    const store = openSqliteStore(folder, { busyMs: 0 });
    const told = events();
    const writer = new LedgerWriter(store, told);
    const other = new DatabaseSync(join(folder, DATABASE_FILE));
    other.exec('BEGIN IMMEDIATE');
    appendMany(writer, 1_000);
    told.failed.mockImplementationOnce(() => {
      other.exec('COMMIT');
      other.close();
    });
    await writer.close();
    expect(await store.usage({ by: [] })).toMatchObject([{ requests: 1_000 }]);
    expect(told.failed).toHaveBeenCalledTimes(1);
    expect(told.lost).not.toHaveBeenCalled();
    await store.close();
  });

  test('duplicates and invalid rows are told, and hold up nothing', async () => {
    const store = openSqliteStore(folder);
    const told = events();
    const writer = new LedgerWriter(store, told);
    writer.append(ledgerRow('a'));
    writer.append(ledgerRow('a'));
    writer.append(ledgerRow('b', { outcome: 'refused', costNanoUsd: 1 }));
    writer.append(ledgerRow('c'));
    await writer.flush();
    expect(told.duplicate.mock.calls).toEqual([['a']]);
    expect(told.invalid).toHaveBeenCalledExactlyOnceWith('b', expect.stringContaining('CHECK'));
    expect(told.flushed.mock.calls).toEqual([[2]]);
    await writer.close();
    await store.close();
  });
});
