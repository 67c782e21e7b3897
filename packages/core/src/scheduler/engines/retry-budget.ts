export interface RetryLimits {
  readonly retriesPerMinuteMin: number;
  readonly retryShareOfSuccesses: number;
  readonly retriesSavedMax: number;
}

/**
 * How often a lane may be sent what it bounced before: a share of what succeeds there, and a few a minute whatever happens. When a provider
 * refuses nearly everything, trying again is what keeps it there.
 */
export class RetryBudget {
  readonly #limits: RetryLimits;
  #saved: number;
  /** Until when the few of each minute have been counted. */
  #countedUntil = 0;

  constructor(limits: RetryLimits) {
    this.#limits = limits;
    this.#saved = limits.retriesPerMinuteMin;
  }

  succeeded(at: number): void {
    const { retryShareOfSuccesses, retriesSavedMax } = this.#limits;
    this.#count(at);
    this.#saved = Math.min(this.#saved + retryShareOfSuccesses, Math.max(this.#saved, retriesSavedMax));
  }

  took(at: number): void {
    this.#count(at);
    this.#saved -= 1;
  }

  /** When the next may start, if nothing succeeds before. */
  get opensAt(): number {
    const missing = 1 - this.#saved;
    return missing <= 0 ? -Infinity : this.#countedUntil + missing * this.#msEach;
  }

  /** What successes saved up is not added to: the few of a minute are for those who have nothing. */
  #count(at: number): void {
    const grown = Math.max(0, at - this.#countedUntil) / this.#msEach;
    this.#countedUntil = Math.max(this.#countedUntil, at);
    this.#saved = Math.max(this.#saved, Math.min(this.#saved + grown, this.#limits.retriesPerMinuteMin));
  }

  get #msEach(): number {
    return 60_000 / this.#limits.retriesPerMinuteMin;
  }
}
