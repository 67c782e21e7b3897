import type { Store } from '../store/store.ts';
import type { KeyRing } from './ring.ts';

const POLL_MS = 500;
/** Last use is for people who look for keys that nobody needs; it may be this old. */
const USES_FLUSH_MS = 30_000;

export interface KeyWatch {
  /** Looks now. Used by tests and after a change by this very process. */
  poll(): Promise<void>;
  stop(): Promise<void>;
}

export interface KeyWatchOptions {
  readonly store: Store;
  readonly ring: KeyRing;
  /** The store could not be read or written; the keys that are known go on working. */
  readonly onError: (error: unknown) => void;
}

/** Loads the keys and keeps the ring in step with what other processes do to the store, within a second. */
export async function watchKeys({ store, ring, onError }: KeyWatchOptions): Promise<KeyWatch> {
  let revision = await store.keysRevision();
  ring.load(await store.listKeys());
  let polling: Promise<void> | undefined;
  let flushing: Promise<void> | undefined;

  async function reload(): Promise<void> {
    const found = await store.keysRevision();
    if (found === revision) return;
    ring.load(await store.listKeys());
    // Set last: a load that failed is tried again. A change between the two reads is found by the next poll.
    revision = found;
  }

  async function flush(): Promise<void> {
    const uses = ring.takeUsed();
    if (uses.length > 0) await store.touchKeys(uses);
  }

  function poll(): Promise<void> {
    polling ??= reload()
      .catch(onError)
      .finally(() => {
        polling = undefined;
      });
    return polling;
  }

  function flushUses(): Promise<void> {
    flushing ??= flush()
      .catch(onError)
      .finally(() => {
        flushing = undefined;
      });
    return flushing;
  }

  const pollTimer = setInterval(() => void poll(), POLL_MS);
  const flushTimer = setInterval(() => void flushUses(), USES_FLUSH_MS);
  pollTimer.unref();
  flushTimer.unref();

  return {
    poll,
    async stop(): Promise<void> {
      clearInterval(pollTimer);
      clearInterval(flushTimer);
      await polling;
      await flushing;
      await flushUses();
    },
  };
}
