/** What an engine was asked for over some time, in units that do not depend on how fast it is. */
export interface Work {
  readonly prompts: number;
  readonly promptTokens: number;
  /** Tokens of answers, and the lengths of the contexts in which each of them was written, added up. */
  readonly tokens: number;
  readonly contextTokens: number;
}

export interface WorkOverTime {
  readonly ms: number;
  readonly interactive: Work;
  readonly evictable: Work;
}

/** A span that is over is forgotten as a whole: the time that is looked back on is between eleven and twelve of them. */
const SPAN_MS = 5_000;
const SPANS = 12;

const PROMPTS = 0;
const PROMPT_TOKENS = 1;
const TOKENS = 2;
const CONTEXT_TOKENS = 3;
const COUNTS = 4;
const SPAN_SIZE = 2 * COUNTS;

/** Counts what one engine does for those who wait and for those who fill the rest, over the last minute. */
export class EngineWork {
  readonly #counts = new Float64Array(SPANS * SPAN_SIZE);
  #since = 0;
  /** Number of the span that is being counted. */
  #span = 0;

  /** The engine came up: what was before does not count, nor does the time. */
  begin(at: number): void {
    this.#counts.fill(0);
    this.#since = at;
    this.#span = Math.floor(at / SPAN_MS);
  }

  prompt(evictable: boolean, promptTokens: number, at: number): void {
    const from = this.#at(evictable, at);
    this.#add(from + PROMPTS, 1);
    this.#add(from + PROMPT_TOKENS, promptTokens);
  }

  wrote(evictable: boolean, tokens: number, contextTokens: number, at: number): void {
    const from = this.#at(evictable, at);
    this.#add(from + TOKENS, tokens);
    this.#add(from + CONTEXT_TOKENS, contextTokens);
  }

  lastMinute(at: number): WorkOverTime {
    this.#roll(at);
    const since = Math.max(this.#since, (this.#span - SPANS + 1) * SPAN_MS);
    return { ms: Math.max(0, at - since), interactive: this.#sum(0), evictable: this.#sum(COUNTS) };
  }

  #at(evictable: boolean, at: number): number {
    this.#roll(at);
    return (this.#span % SPANS) * SPAN_SIZE + (evictable ? COUNTS : 0);
  }

  #add(place: number, amount: number): void {
    this.#counts[place]! += amount;
  }

  #roll(at: number): void {
    const span = Math.floor(at / SPAN_MS);
    if (span <= this.#span) return;
    if (span - this.#span >= SPANS) this.#counts.fill(0);
    else {
      for (let next = this.#span + 1; next <= span; next += 1) {
        const from = (next % SPANS) * SPAN_SIZE;
        this.#counts.fill(0, from, from + SPAN_SIZE);
      }
    }
    this.#span = span;
  }

  #sum(offset: number): Work {
    const sums = [0, 0, 0, 0];
    for (let span = 0; span < SPANS; span += 1) {
      for (let count = 0; count < COUNTS; count += 1) {
        sums[count]! += this.#counts[span * SPAN_SIZE + offset + count]!;
      }
    }
    return {
      prompts: sums[PROMPTS]!,
      promptTokens: sums[PROMPT_TOKENS]!,
      tokens: sums[TOKENS]!,
      contextTokens: sums[CONTEXT_TOKENS]!,
    };
  }
}
