import { seedKey, TextHash } from './hash.ts';

/** Every prompt begins with one mark of its own, so that none is empty. */
export const beginMark = '<s>';

/** A word with the space before it is one token up to this length; longer ones are cut into pieces. */
const wordLengthMax = 8;
const pieceLength = 4;

/**
 * Counts the tokens of a prompt and names the content of each full block, in one pass over the text. A token is a word
 * with the white space before it, or four characters of a longer one: about 1.3 tokens per English word. A segment's
 * end is always a token's end. An answer's tokens go through `addToken` when it is generated and when it comes back
 * as part of a prompt, so both ways lead to the same keys.
 */
export class PromptScan {
  readonly #blockTokens: number;
  readonly #hash: TextHash;
  readonly #keys: number[];
  #tokens: number;

  constructor(blockTokens: number, from?: PromptScan) {
    this.#blockTokens = blockTokens;
    this.#hash = from === undefined ? new TextHash() : from.#hash.clone();
    this.#keys = from === undefined ? [] : from.#keys.slice();
    this.#tokens = from === undefined ? 0 : from.#tokens;
  }

  clone(): PromptScan {
    return new PromptScan(this.#blockTokens, this);
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** Full blocks so far. */
  get blocks(): number {
    return this.#keys.length;
  }

  /** The content of everything through the end of block `index`. */
  key(index: number): number {
    return this.#keys[index]!;
  }

  addToken(text: string): void {
    this.#hash.addText(text);
    this.#endToken();
  }

  addText(text: string): void {
    let start = 0;
    while (start < text.length) {
      const end = chunkEnd(text, start);
      const step = end - start <= wordLengthMax ? wordLengthMax : pieceLength;
      for (let piece = start; piece < end; piece += step) this.addToken(text.slice(piece, Math.min(piece + step, end)));
      start = end;
    }
  }

  #endToken(): void {
    this.#tokens++;
    if (this.#tokens % this.#blockTokens === 0) this.#keys.push(seedKey(this.#hash.digest()));
  }
}

/** White space and then a word. */
function chunkEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isSpace(text.charCodeAt(end))) end++;
  while (end < text.length && !isSpace(text.charCodeAt(end))) end++;
  return end;
}

function isSpace(code: number): boolean {
  return code <= 0x20;
}
