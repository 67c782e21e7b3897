/** What a token's text is, after the tokens before it. */
export type Detokenize = (tokens: readonly number[], before: readonly number[]) => string;

/** A character has at most four bytes and a token at least one; the rest is for bytes that become none. */
const heldTokensMax = 8;
/** Some tokenizers look back to decide on a space. */
const contextTokens = 4;
const REPLACEMENT = '\uFFFD';

/**
 * Turns tokens into text as they come. A character may be spread over several tokens; it is said with its last one, and the others
 * say nothing. Bytes that never become a character are said as the replacement character.
 */
export class TokenText {
  readonly #detokenize: Detokenize;
  #before: readonly number[];
  #held: number[] = [];

  constructor(detokenize: Detokenize, before: readonly number[]) {
    this.#detokenize = detokenize;
    this.#before = before.slice(-contextTokens);
  }

  push(token: number): string {
    this.#held.push(token);
    const text = this.#detokenize(this.#held, this.#before);
    if (text.endsWith(REPLACEMENT) && this.#held.length < heldTokensMax) return '';
    return this.#release(text);
  }

  /** What is left when no token follows. */
  flush(): string {
    return this.#held.length === 0 ? '' : this.#release(this.#detokenize(this.#held, this.#before));
  }

  #release(text: string): string {
    this.#before = [...this.#before, ...this.#held].slice(-contextTokens);
    this.#held = [];
    return text;
  }
}
