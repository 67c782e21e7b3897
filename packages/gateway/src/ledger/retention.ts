import type { Store } from '../store/store.ts';

const TRIM_EVERY_MS = 60 * 60 * 1_000;
/** One delete holds the event loop for about a millisecond. */
const TRIM_ROWS_MAX = 500;
/** Between two deletes, so that requests and the ledger's own writes come through. */
const TRIM_PAUSE_MS = 20;

export interface Retention {
  /** The setting changed. */
  setKeepMs(keepMs: number): void;
  /** Deletes all that is too old now; says how many rows. */
  trim(): Promise<number>;
  stop(): Promise<void>;
}

export interface RetentionOptions {
  readonly store: Pick<Store, 'trimLedger'>;
  /** 0 keeps rows for ever. */
  readonly keepMs: number;
  /** ms since 1970. */
  readonly now?: () => number;
  readonly onError: (error: unknown) => void;
}

/** Deletes ledger rows that are older than the setting: at the start, then once an hour, a slice at a time. */
export function startRetention({ store, keepMs, now = Date.now, onError }: RetentionOptions): Retention {
  let keep = keepMs;
  let stopped = false;
  let running: Promise<number> | undefined;

  async function trimAll(): Promise<number> {
    if (keep === 0) return 0;
    const before = now() - keep;
    for (let total = 0; ;) {
      const deleted = await store.trimLedger(before, TRIM_ROWS_MAX);
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
    setKeepMs(value): void {
      keep = value;
    },
    trim,
    async stop(): Promise<void> {
      stopped = true;
      clearInterval(timer);
      await running?.catch(onError);
    },
  };
}
