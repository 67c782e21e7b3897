/** Turns a seed and the name of a stream into words that look unrelated to either (a mixer of Steele and others' SplitMix kind). */
function mixer(seed: number, streams: readonly number[]): () => number {
  let state = 0x51ed270b;
  const mix = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  };
  for (const part of [seed, ...streams]) {
    // Seeds may be larger than 32 bits or fractions: both halves of the number count.
    const high = Math.floor(part / 2 ** 32);
    state = (mix() ^ (part | 0)) | 0;
    state = (mix() ^ (high | 0)) | 0;
  }
  return mix;
}

/**
 * Seeded random numbers (xoshiro128**). The same seed and streams draw the same numbers on every machine; different streams of one
 * seed have nothing to do with each other, so that drawing more in one place changes nothing in another.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spareNormal: number | null = null;

  constructor(seed: number, ...streams: readonly number[]) {
    const mix = mixer(seed, streams);
    this.#a = mix();
    this.#b = mix();
    this.#c = mix();
    // A state of all zeros never leaves it.
    this.#d = mix() | 1;
  }

  /** Above 0 and below 1, never either of them, so that its logarithm is always a number. */
  unit(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return (result + 0.5) / 2 ** 32;
  }

  /** A whole number of 0 or more, below `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  /** Mean 1: the gap between independent arrivals. */
  exponential(): number {
    return -Math.log(this.unit());
  }

  /** Mean 0, deviation 1. Two come from one pair of draws, so every other call is nearly free. */
  normal(): number {
    if (this.#spareNormal !== null) {
      const spare = this.#spareNormal;
      this.#spareNormal = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(this.unit()));
    const angle = 2 * Math.PI * this.unit();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** Of the given shape and scale 1, hence mean `shape` (Marsaglia and Tsang's method; below 1 lifted by one and scaled back). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * Math.exp(Math.log(this.unit()) / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const v = (1 + c * x) ** 3;
      if (v > 0 && Math.log(this.unit()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }
}
