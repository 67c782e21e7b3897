const SMOOTHING = 0.1;

/** How long runs take: time to the first token and time per output token after it, and how long answers get, smoothed over finished runs. */
export class RunTimes {
  #samples = 0;
  #decodeSamples = 0;
  #ttftMs = 0;
  #msPerToken = 0;
  #answers = 0;
  #shareOfMax = 1;

  get samples(): number {
    return this.#samples;
  }

  finished(ttftMs: number, runMs: number, outputTokens: number): void {
    this.#samples += 1;
    this.#ttftMs += gain(this.#samples) * (ttftMs - this.#ttftMs);
    if (outputTokens > 1) {
      this.#decodeSamples += 1;
      const msPerToken = (runMs - ttftMs) / (outputTokens - 1);
      this.#msPerToken += gain(this.#decodeSamples) * (msPerToken - this.#msPerToken);
    }
  }

  /** An answer came to so many tokens of those that it might have had. */
  answered(outputTokens: number, outputTokensMax: number): void {
    if (outputTokensMax > 0) {
      this.#answers += 1;
      this.#shareOfMax += gain(this.#answers) * (Math.min(1, outputTokens / outputTokensMax) - this.#shareOfMax);
    }
  }

  /** How long an answer is likely to get. */
  answerTokens(outputTokensMax: number): number {
    return this.#shareOfMax * outputTokensMax;
  }

  runMs(outputTokens: number): number {
    return this.#ttftMs + this.#msPerToken * Math.max(0, outputTokens - 1);
  }
}

/** A plain mean until there are enough samples to smooth. */
function gain(samples: number): number {
  return Math.max(SMOOTHING, 1 / samples);
}
