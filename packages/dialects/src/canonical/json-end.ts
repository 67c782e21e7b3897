const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** Finds where an object ends whose text comes in pieces. What is no JSON may end anywhere, or never. */
export class JsonEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** Whether the object ended in this piece. */
  push(piece: string): boolean {
    let ended = false;
    for (let at = 0; at < piece.length; at += 1) ended = this.#step(piece.charCodeAt(at)) || ended;
    return ended;
  }

  #step(code: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false;
      else if (code === BACKSLASH) this.#escaped = true;
      else if (code === QUOTE) this.#inString = false;
      return false;
    }
    switch (code) {
      case QUOTE:
        this.#inString = true;
        return false;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        this.#depth += 1;
        return false;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        this.#depth -= 1;
        return this.#depth <= 0;
      default:
        return false;
    }
  }
}
