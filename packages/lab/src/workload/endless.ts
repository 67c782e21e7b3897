import { chatHistoryLengths, lengthSourceOf, type LengthSource } from './generate/lengths.ts';
import { Random } from './random.ts';
import type { Lengths } from './workload.ts';

/** Work that never runs out: whoever has room takes the next request. The same seed gives the same requests in the same order. */
export class EndlessFlex {
  /** What the requests look like, for the report. */
  readonly title: string;
  readonly #source: LengthSource;
  readonly #random: Random;

  /** Without lengths of one's own: long chats, so that nothing but the package is needed. */
  constructor({ seed = 1, lengths = chatHistoryLengths }: { seed?: number; lengths?: Lengths | LengthSource } = {}) {
    this.#source = lengthSourceOf(lengths);
    this.#random = new Random(seed, ENDLESS_STREAM);
    this.title = this.#source.title;
  }

  next(): { readonly inputTokens: number; readonly outputTokens: number } {
    return this.#source.draw(this.#random);
  }
}

/** Apart from the generators of arrivals, which may have the same seed. */
const ENDLESS_STREAM = 11;
