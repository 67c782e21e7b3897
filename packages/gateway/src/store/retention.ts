import type { Store } from './store.ts';

const TRIM_EVERY_MS = 60 * 60 * 1_000;
/** One delete holds the event loop for about a millisecond. */
const TRIM_ROWS_MAX = 500;
/** Between two deletes, so that requests and the ledger's own writes come through. */
const TRIM_PAUSE_MS = 20;

export interface Retention {
  /** Deletes all that is too old now; says how many rows. */
  trim(): Promise<number>;
  stop(): Promise<void>;
}

/** Deletes at most `rowsMax` of the rows that are too old at `at`, ms since 1970; says how many. */
export type TrimSlice = (at: number, rowsMax: number) => Promise<number>;

export interface RetentionOptions {
  readonly trim: TrimSlice;
  /** ms since 1970. */
  readonly now?: () => number;
  readonly onError: (error: unknown) => void;
}

/** Deletes rows that nobody is to keep any longer: at the start, then once an hour, a slice at a time. */
export function startRetention({ trim: trimSlice, now = Date.now, onError }: RetentionOptions): Retention {
  let stopped = false;
  let running: Promise<number> | undefined;

  async function trimAll(): Promise<number> {
    const at = now();
    for (let total = 0; ;) {
      const deleted = await trimSlice(at, TRIM_ROWS_MAX);
      total += deleted;
      if (deleted < TRIM_ROWS_MAX || stopped) return total;
      await new Promise((resolve) => setTimeout(resolve, TRIM_PAUSE_MS));
    }
  }

  function trim(): Promise<number> {
    running ??= trimAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  const timer = setInterval(() => void trim().catch(onError), TRIM_EVERY_MS);
  timer.unref();
  void trim().catch(onError);

  return {
    trim,
    async stop(): Promise<void> {
      stopped = true;
      clearInterval(timer);
      await running?.catch(onError);
    },
  };
}

/** Ledger rows that are older than the setting, which is asked for each time; 0 keeps them for ever. */
export function oldLedgerRows(store: Pick<Store, 'trimLedger'>, keepMs: () => number): TrimSlice {
  return async (at, rowsMax) => (keepMs() === 0 ? 0 : store.trimLedger(at - keepMs(), rowsMax));
}
