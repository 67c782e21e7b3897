import type { TierReport } from '../report.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import type { RequestOutcome, Slo } from './run-collector.ts';

/** Adds up how the requests of one tier fared. */
export class TierCollector {
  readonly #slo: Slo;
  readonly #ttft = new QuantileSketch();
  readonly #tpot = new QuantileSketch();
  readonly #outcomes = { completed: 0, refused: 0, failed: 0 };
  #withinSlo = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  constructor(slo: Slo) {
    this.#slo = slo;
  }

  add({ outcome, ttftMs, tpotMs, inputTokens, outputTokens }: RequestOutcome): void {
    this.#outcomes[outcome] += 1;
    if (outcome !== 'refused') {
      this.#inputTokens += inputTokens;
      this.#outputTokens += outputTokens;
    }
    if (ttftMs !== null) this.#ttft.add(ttftMs);
    if (tpotMs !== null) this.#tpot.add(tpotMs);
    // An answer of one token has no time between tokens that could be too long.
    if (outcome === 'completed' && ttftMs !== null && ttftMs <= this.#slo.ttftMs && (tpotMs ?? 0) <= this.#slo.tpotMs) {
      this.#withinSlo += 1;
    }
  }

  report(): TierReport {
    const { completed, refused, failed } = this.#outcomes;
    const requests = completed + refused + failed;
    return {
      requests,
      completed,
      refused,
      failed,
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      ttftMs: this.#ttft.quantiles(),
      tpotMs: this.#tpot.quantiles(),
      sloAttainment: requests === 0 ? null : this.#withinSlo / requests,
    };
  }
}
