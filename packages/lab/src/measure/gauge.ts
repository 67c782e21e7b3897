/** Time-weighted means, per step, of a number that holds until it is set again. */
export class Gauge {
  readonly #stepMs: number;
  /** Value times milliseconds. */
  readonly #areas: Float64Array;
  #value = 0;
  #sinceMs = 0;

  constructor(stepMs: number, steps: number) {
    this.#stepMs = stepMs;
    this.#areas = new Float64Array(steps);
  }

  /** Times never decrease. */
  set(atMs: number, value: number): void {
    this.#advance(atMs);
    this.#value = value;
  }

  /** The last step may be shorter than the others. */
  means(endMs: number): number[] {
    this.#advance(endMs);
    return Array.from(this.#areas, (area, step) => {
      const lengthMs = Math.min(this.#stepMs, endMs - step * this.#stepMs);
      return lengthMs > 0 ? area / lengthMs : 0;
    });
  }

  #advance(toMs: number): void {
    while (this.#sinceMs < toMs) {
      const step = Math.floor(this.#sinceMs / this.#stepMs);
      // What comes after the last step belongs to no step.
      if (step >= this.#areas.length) break;
      const endMs = Math.min(toMs, (step + 1) * this.#stepMs);
      this.#areas[step]! += this.#value * (endMs - this.#sinceMs);
      this.#sinceMs = endMs;
    }
  }
}
