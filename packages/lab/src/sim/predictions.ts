import type { ModelError } from '../report.ts';
import { QuantileSketch } from '../measure/quantile-sketch.ts';

/** One step in so many is compared: asking for each would cost more than the simulation. */
const COMPARE_EVERY = 16;
/** Pairs that are kept to be plotted. */
const SAMPLE_MAX = 400;

/** Predicted step times beside the actual ones. */
export class Predictions {
  readonly #errors = new QuantileSketch();
  #sample: { readonly predictedMs: number; readonly actualMs: number }[] = [];
  #steps = 0;
  #keepEvery = 1;
  #compared = 0;

  due(): boolean {
    this.#steps += 1;
    return this.#steps % COMPARE_EVERY === 0;
  }

  add(predictedMs: number, actualMs: number): void {
    this.#errors.add(Math.abs(predictedMs - actualMs) / actualMs);
    this.#compared += 1;
    if (this.#compared % this.#keepEvery !== 0) return;
    this.#sample.push({ predictedMs, actualMs });
    if (this.#sample.length <= SAMPLE_MAX) return;
    // Every other one goes, and half as many come from here on: the sample stays spread over the whole run.
    this.#sample = this.#sample.filter((_, index) => index % 2 === 0);
    this.#keepEvery *= 2;
  }

  report(): ModelError | null {
    const quantiles = this.#errors.quantiles();
    return quantiles === null ? null : { median: quantiles.p50, p90: quantiles.p90, sample: this.#sample };
  }
}
