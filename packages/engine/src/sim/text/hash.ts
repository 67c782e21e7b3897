/** 64 bits as two signed halves. */
export interface Seed {
  readonly high: number;
  readonly low: number;
}

/**
 * A running hash of text with two independent 32-bit lanes. It can be read at any position, and copied to go on from
 * there: prefix hashes of a long prompt cost one pass. Not cryptographic.
 */
export class TextHash {
  #high: number;
  #low: number;

  constructor(seed: Seed = { high: 0x811c9dc5, low: 0x9747b28c }) {
    this.#high = seed.high | 0;
    this.#low = seed.low | 0;
  }

  clone(): TextHash {
    return new TextHash({ high: this.#high, low: this.#low });
  }

  addCode(code: number): void {
    this.#high = Math.imul(this.#high ^ code, 0x01000193);
    const low = Math.imul(this.#low ^ code, 0x5bd1e995);
    this.#low = (low << 13) | (low >>> 19);
  }

  addText(text: string): void {
    for (let index = 0; index < text.length; index++) this.addCode(text.charCodeAt(index));
  }

  digest(): Seed {
    return { high: mix(this.#high ^ Math.imul(this.#low, 0x9e3779b1)), low: mix(this.#low + this.#high) };
  }
}

/** The digest as a number that a Map can key on exactly. */
export function seedKey(seed: Seed): number {
  return (seed.high >>> 0) * 2 ** 21 + (seed.low >>> 11);
}

/** 32 unsigned bits that depend on the seed and on one number, such as a position. */
export function draw(seed: Seed, number: number): number {
  return mix(seed.high ^ mix(seed.low + Math.imul(number + 1, 0x9e3779b1))) >>> 0;
}

/** Murmur3's finaliser: every input bit reaches every output bit. */
function mix(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
