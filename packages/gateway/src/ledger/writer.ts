import type { Store } from '../store/store.ts';
import type { LedgerRow } from './row.ts';

/** Rows in one transaction; each transaction holds the event loop for well under a millisecond. */
export const SLICE_ROWS_MAX = 64;
export const FLUSH_MS = 250;
/** So many waiting rows are flushed at once, without waiting for the timer. */
export const FLUSH_ROWS = 512;
/** Rows that may wait while the store fails. A row beyond is lost; `accepting` turns false long before. */
export const HELD_ROWS_MAX = 65_536;
/** From here on new requests should be turned away, so that those which run already still find room. */
export const ACCEPTING_ROWS_MAX = 49_152;
export const RETRY_MS_MIN = 100;
export const RETRY_MS_MAX = 5_000;
/** A busy database for a moment is normal; this many failures in a row are not. */
export const FAILURES_UNHEALTHY = 3;
/** How often close() tries before it gives up on a store that stays broken. */
export const CLOSE_ATTEMPTS_MAX = 20;

export type LedgerHealth = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** What happened that somebody should know of. None of it reaches the hot path. */
export interface LedgerEvents {
  flushed(rows: number): void;
  /** An id came twice: the first row stays, and somewhere a request was counted twice. */
  duplicate(id: string): void;
  /** The row breaks a rule of the ledger and can never be written. */
  invalid(id: string, reason: string): void;
  failed(error: unknown, failuresInARow: number, rowsWaiting: number): void;
  /** The store failed for so long that no room is left. */
  lost(rows: number): void;
}

/**
 * Takes rows on the hot path and writes them off it, in order, in small transactions. A row leaves memory only after the
 * store has it. One flush runs at a time; after a failure the next waits, twice as long each time up to a bound.
 */
export class LedgerWriter {
  readonly #store: Pick<Store, 'appendLedger'>;
  readonly #events: LedgerEvents;
  #rows: LedgerRow[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<boolean> | undefined;
  #failures = 0;
  #failure = '';
  #closed = false;

  constructor(store: Pick<Store, 'appendLedger'>, events: LedgerEvents) {
    this.#store = store;
    this.#events = events;
  }

  /** Rows that are not in the store yet. */
  get waiting(): number {
    return this.#rows.length;
  }

  /** False while too many rows wait for a broken store: new requests should be refused. */
  get accepting(): boolean {
    return this.#rows.length < ACCEPTING_ROWS_MAX;
  }

  /** For `/readyz`. */
  health(): LedgerHealth {
    if (this.#failures < FAILURES_UNHEALTHY) return { ok: true };
    return { ok: false, reason: `the ledger cannot be written (${this.#failure}); ${this.#rows.length} rows wait` };
  }

  append(row: LedgerRow): void {
    if (this.#rows.length >= HELD_ROWS_MAX) {
      this.#events.lost(1);
      return;
    }
    this.#rows.push(row);
    if (this.#running !== undefined) return;
    // Only the row that reaches the mark moves the timer; a burst must not set it again for each row.
    if (this.#rows.length === FLUSH_ROWS && this.#failures === 0) this.#schedule(0);
    else if (this.#timer === undefined) this.#schedule(FLUSH_MS);
  }

  /** Resolves when every row of before this call is in the store; rejects if the store refuses them now. */
  async flush(): Promise<void> {
    // A flush that runs already may have passed the newest rows by.
    while (this.#running !== undefined) await this.#running;
    this.#unschedule();
    if (!(await this.#run())) throw new Error(`The ledger could not be written: ${this.#failure}`);
  }

  /** Writes what is left. After a clean stop no row is missing; rows that a broken store would not take are reported lost. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unschedule();
    while (this.#running !== undefined) await this.#running;
    for (let attempt = 1; this.#rows.length > 0 && attempt <= CLOSE_ATTEMPTS_MAX; attempt += 1) {
      if (attempt > 1) await new Promise((resolve) => setTimeout(resolve, RETRY_MS_MIN));
      await this.#run();
    }
    if (this.#rows.length > 0) {
      this.#events.lost(this.#rows.length);
      this.#rows = [];
    }
  }

  #schedule(delayMs: number): void {
    this.#unschedule();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#run();
    }, delayMs);
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #run(): Promise<boolean> {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      if (!this.#closed && this.#rows.length > 0) this.#schedule(this.#nextDelayMs());
    });
    return this.#running;
  }

  #nextDelayMs(): number {
    if (this.#failures > 0) return Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** Math.min(this.#failures - 1, 10));
    return this.#rows.length >= FLUSH_ROWS ? 0 : FLUSH_MS;
  }

  /** False when the store failed. That is counted, and the rows stay where they are. */
  async #drain(): Promise<boolean> {
    // Rows that arrive meanwhile wait for the next flush, so that one flush always ends.
    let left = this.#rows.length;
    try {
      while (left > 0) {
        const slice = this.#rows.slice(0, Math.min(left, SLICE_ROWS_MAX));
        const result = await this.#store.appendLedger(slice);
        this.#rows.splice(0, slice.length);
        left -= slice.length;
        this.#failures = 0;
        this.#events.flushed(result.written);
        for (const id of result.duplicates) this.#events.duplicate(id);
        for (const { id, reason } of result.invalid) this.#events.invalid(id, reason);
        if (left > 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return true;
    } catch (error) {
      this.#failures += 1;
      this.#failure = error instanceof Error ? error.message : String(error);
      this.#events.failed(error, this.#failures, this.#rows.length);
      return false;
    }
  }
}
