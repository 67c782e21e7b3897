/** How far back the rate looks: each release's weight falls to 1/e in this time. */
const HORIZON_MS = 60_000;

/** How often slots come free, as an exponentially weighted count of releases per time seen. */
export class DrainRate {
  #weight = 0;
  #firstAt = 0;
  #lastAt = 0;
  #samples = 0;

  copy(): DrainRate {
    const copy = new DrainRate();
    copy.#weight = this.#weight;
    copy.#firstAt = this.#firstAt;
    copy.#lastAt = this.#lastAt;
    copy.#samples = this.#samples;
    return copy;
  }

  get samples(): number {
    return this.#samples;
  }

  released(at: number): void {
    if (this.#samples === 0) {
      this.#firstAt = at;
    } else {
      // The first release only opens the measured time: n releases bound n - 1 gaps.
      this.#weight = this.#weight * Math.exp((this.#lastAt - at) / HORIZON_MS) + 1;
    }
    this.#lastAt = Math.max(this.#lastAt, at);
    this.#samples += 1;
  }

  /** Releases per ms; 0 before two releases at different times. */
  perMs(at: number): number {
    const seenMs = at - this.#firstAt;
    if (this.#samples < 2 || seenMs <= 0) {
      return 0;
    }
    const decayed = this.#weight * Math.exp((this.#lastAt - at) / HORIZON_MS);
    // The same weighting over the time that was seen, so that a young rate is not taken for a low one.
    return decayed / (HORIZON_MS * (1 - Math.exp(-seenMs / HORIZON_MS)));
  }
}
