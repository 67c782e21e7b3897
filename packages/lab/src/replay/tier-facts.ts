import type { ReplayTierFacts } from '../report.ts';
import { QuantileSketch } from '../measure/quantile-sketch.ts';

/** Counts of things by name. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Most frequent first. */
  counts(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort((one, other) => other[1] - one[1]));
  }
}

/** What answers of one tier said and how they ended. */
export class TierFacts {
  readonly gaps: QuantileSketch = new QuantileSketch();
  readonly served: Tally = new Tally();
  readonly refusals: Tally = new Tally();
  readonly failures: Tally = new Tally();

  told(): ReplayTierFacts {
    return {
      gapMs: this.gaps.quantiles(),
      served: this.served.counts(),
      refusals: this.refusals.counts(),
      failures: this.failures.counts(),
    };
  }
}
