/** Spans in which demand is counted. Their spread says how much a burst may want. */
const SPAN_MS = 2_000;
const SMOOTHING = 0.05;
/** After so many spans nothing of an earlier one is left. */
const SPANS_TELLING = 100;
/** The high quantile: mean plus so many standard deviations. */
const DEVIATIONS = 3;

/** How much KV the prompts of interactive requests take within a short time, at most, as far as the recent past tells. */
export class KvDemand {
  #spanEnd = Number.NEGATIVE_INFINITY;
  #tokens = 0;
  #mean = 0;
  #variance = 0;

  started(tokens: number, at: number): void {
    this.#roll(at);
    this.#tokens += tokens;
  }

  high(at: number): number {
    this.#roll(at);
    return Math.max(this.#tokens, this.#mean + DEVIATIONS * Math.sqrt(this.#variance));
  }

  #roll(at: number): void {
    if (at < this.#spanEnd) {
      return;
    }
    // Spans without any demand count too; after many of them nothing is left to fade.
    const spans = Number.isFinite(this.#spanEnd) ? Math.floor((at - this.#spanEnd) / SPAN_MS) + 1 : 0;
    for (let span = 0; span < Math.min(spans, SPANS_TELLING); span += 1) {
      const off = (span === 0 ? this.#tokens : 0) - this.#mean;
      this.#mean += SMOOTHING * off;
      this.#variance = (1 - SMOOTHING) * (this.#variance + SMOOTHING * off * off);
    }
    this.#tokens = 0;
    this.#spanEnd = spans === 0 ? at + SPAN_MS : this.#spanEnd + spans * SPAN_MS;
  }
}
