import type { Token } from './token.ts';

export interface StopMatch {
  readonly stop: string;
}

/**
 * Looks for stop strings across tokens. A token is held back as long as a stop string could begin in it, so nothing
 * released is ever taken back; tokens leave whole, so what a client has always ends where a token ends. Held text is
 * shorter than the longest stop string and one token.
 */
export class StopFilter {
  readonly #stops: readonly string[];
  readonly #includeStop: boolean;
  #held: Token[] = [];
  #heldText = '';

  constructor(stops: readonly string[], includeStop: boolean) {
    this.#stops = stops;
    this.#includeStop = includeStop;
  }

  /** Adds the tokens that may leave to `released`. A match ends the answer; the last released token may then be a part of one. */
  push(token: Token, released: Token[]): StopMatch | undefined {
    if (this.#stops.length === 0) {
      released.push(token);
      return undefined;
    }
    this.#held.push(token);
    this.#heldText += token.text;
    const match = this.#firstMatch();
    if (match !== undefined) {
      this.#release(match.at + (this.#includeStop ? match.stop.length : 0), released, true);
      return { stop: match.stop };
    }
    this.#release(this.#possibleStart(), released, false);
    return undefined;
  }

  /** The answer ended otherwise: what was held back is text like any other. */
  flush(released: Token[]): void {
    released.push(...this.#held);
    this.#held = [];
    this.#heldText = '';
  }

  #firstMatch(): { at: number; stop: string } | undefined {
    let first: { at: number; stop: string } | undefined;
    for (const stop of this.#stops) {
      const at = this.#heldText.indexOf(stop);
      if (at >= 0 && (first === undefined || at < first.at)) first = { at, stop };
    }
    return first;
  }

  /** The earliest offset from which the held text could grow into a stop string. */
  #possibleStart(): number {
    for (let at = 0; at < this.#heldText.length; at++) {
      const tail = this.#heldText.slice(at);
      if (this.#stops.some((stop) => stop.startsWith(tail))) return at;
    }
    return this.#heldText.length;
  }

  #release(length: number, released: Token[], cut: boolean): void {
    let left = length;
    while (this.#held.length > 0) {
      const token = this.#held[0]!;
      if (token.text.length > left) break;
      left -= token.text.length;
      released.push(token);
      this.#held.shift();
    }
    if (cut && left > 0) released.push({ ...this.#held[0]!, text: this.#held[0]!.text.slice(0, left) });
    this.#heldText = this.#heldText.slice(length - left);
  }
}
