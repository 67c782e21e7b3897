/** Consecutive failures that open the breaker, and how long it then stays open. */
export const BREAKER_FAILURES_MAX = 3;
export const BREAKER_OPEN_MS_MIN = 1_000;
export const BREAKER_OPEN_MS_MAX = 30_000;

/**
 * Whether an engine is worth sending to.
 * - `closed`: it works. Left for `open` after BREAKER_FAILURES_MAX failures in a row.
 * - `open`: nothing is sent until the pause is over; then a health probe decides. The pause doubles each time.
 * - `probing`: the pause is over. A good probe closes the breaker, a bad one opens it again.
 *
 * Only what the engine did counts: a request that Offpeak refused, cancelled or evicted says nothing about its health.
 */
export type BreakerState = 'closed' | 'open' | 'probing';

export class Breaker {
  #state: BreakerState = 'closed';
  #failures = 0;
  #pauseMs = BREAKER_OPEN_MS_MIN;
  #openedAt = 0;

  get state(): BreakerState {
    return this.#state;
  }

  /** A request or a probe succeeded. True when that closed the breaker. */
  succeeded(): boolean {
    this.#failures = 0;
    if (this.#state === 'closed') return false;
    this.#pauseMs = BREAKER_OPEN_MS_MIN;
    this.#state = 'closed';
    return true;
  }

  /** A request or a probe failed. True when that opened the breaker. */
  failed(at: number): boolean {
    this.#failures += 1;
    if (this.#state === 'open') return false;
    if (this.#state === 'closed' && this.#failures < BREAKER_FAILURES_MAX) return false;
    if (this.#state === 'probing') this.#pauseMs = Math.min(this.#pauseMs * 2, BREAKER_OPEN_MS_MAX);
    const opened = this.#state === 'closed';
    this.#state = 'open';
    this.#openedAt = at;
    return opened;
  }

  /** May a probe be sent now? Moves an open breaker whose pause is over to `probing`. */
  mayProbe(at: number): boolean {
    if (this.#state === 'open' && at - this.#openedAt >= this.#pauseMs) this.#state = 'probing';
    return this.#state !== 'open';
  }
}
