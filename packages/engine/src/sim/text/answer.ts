import { draw } from './hash.ts';
import type { Seed } from './hash.ts';
import { openingWord, wordAt } from './vocabulary.ts';

/** An answer as a function of position. It never depends on who asks, when, or how often it was interrupted. */
export interface Answer {
  /** Position at which the answer ends by itself. A request that ignores the end may read beyond it. */
  readonly end: number;
  tokenAt(position: number): string;
}

/** Natural lengths spread evenly over the logarithm: half of the answers are below 107 tokens. */
const wordsMin = 24;
const wordsMax = 480;

/** An answer in words. `opensText`: nothing stands before it, so its first word has no space in front. */
export class WordAnswer implements Answer {
  readonly end: number;
  readonly #seed: Seed;
  readonly #opensText: boolean;

  constructor(seed: Seed, opensText: boolean) {
    this.#seed = seed;
    this.#opensText = opensText;
    const share = draw(seed, -2) / 2 ** 32;
    this.end = Math.floor(wordsMin * (wordsMax / wordsMin) ** share);
  }

  tokenAt(position: number): string {
    if (position > 0) return ` ${wordAt(this.#seed, position)}`;
    return this.#opensText ? openingWord(this.#seed) : ` ${openingWord(this.#seed)}`;
  }
}

/** An answer that was composed as a whole, such as a JSON object. Beyond its end come spaces, as under a JSON grammar. */
export class FixedAnswer implements Answer {
  readonly end: number;
  readonly #tokens: readonly string[];

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
    this.end = tokens.length;
  }

  tokenAt(position: number): string {
    return this.#tokens[position] ?? ' ';
  }
}
