import type { Quantiles } from '../report.ts';

/** Quantiles are within this share of the values they stand for. */
export const RELATIVE_ERROR = 0.01;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const BUCKETS_PER_E = 1 / Math.log(GAMMA);
/** What lies outside counts as the nearer end; the smallest and the largest value are kept beside as they are. */
const VALUE_MIN = 1e-6;
const VALUE_MAX = 1e12;
const INDEX_MIN = indexOf(VALUE_MIN);
/** Buckets are made in runs of this many, around those in use. */
const RUN_BUCKETS = 64;

/**
 * Counts values in buckets whose bounds grow by a constant factor, so that any quantile can be told with a bounded relative
 * error from bounded memory (2,100 buckets at most; a few hundred in practice). Sketches of the same values in parts, merged, are
 * the sketch of all of them.
 */
export class QuantileSketch {
  #counts = new Uint32Array(0);
  /** The index of the first of `#counts`. */
  #from = 0;
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  get count(): number {
    return this.#count;
  }

  /** NaN while empty. */
  get mean(): number {
    return this.#sum / this.#count;
  }

  add(value: number): void {
    if (!(value >= 0)) throw new RangeError(`a sketch takes numbers from 0 on, got ${value}`);
    const clamped = value < VALUE_MIN ? VALUE_MIN : value > VALUE_MAX ? VALUE_MAX : value;
    const index = indexOf(clamped);
    let place = index - this.#from;
    if (place < 0 || place >= this.#counts.length) {
      this.#cover(index, index);
      place = index - this.#from;
    }
    this.#counts[place]! += 1;
    this.#count += 1;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  merge(other: QuantileSketch): void {
    if (other.#count === 0) return;
    this.#cover(other.#from, other.#from + other.#counts.length - 1);
    const shift = other.#from - this.#from;
    for (let place = 0; place < other.#counts.length; place += 1) {
      this.#counts[place + shift]! += other.#counts[place]!;
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  /** The smallest value that at least this share of all values does not exceed. NaN while empty. */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const rank = Math.ceil(share * this.#count);
    if (rank <= 1) return this.#min;
    if (rank >= this.#count) return this.#max;
    let place = 0;
    for (let seen = this.#counts[0]!; seen < rank; seen += this.#counts[place]!) place += 1;
    return Math.min(this.#max, Math.max(this.#min, middleOf(place + this.#from)));
  }

  /** Null while empty. */
  quantiles(): Quantiles | null {
    if (this.#count === 0) return null;
    return { mean: this.mean, p50: this.quantile(0.5), p90: this.quantile(0.9), p99: this.quantile(0.99) };
  }

  /** Makes room for these indices, in whole runs. */
  #cover(first: number, last: number): void {
    const held = this.#counts.length;
    const low = held === 0 ? first : Math.min(first, this.#from);
    const high = held === 0 ? last : Math.max(last, this.#from + held - 1);
    const from = INDEX_MIN + Math.floor((low - INDEX_MIN) / RUN_BUCKETS) * RUN_BUCKETS;
    const length = Math.ceil((high - from + 1) / RUN_BUCKETS) * RUN_BUCKETS;
    if (from === this.#from && length === held) return;
    const counts = new Uint32Array(length);
    if (held > 0) counts.set(this.#counts, this.#from - from);
    this.#counts = counts;
    this.#from = from;
  }
}

/** Bucket i holds the values above GAMMA^(i-1), up to GAMMA^i. */
function indexOf(value: number): number {
  return Math.ceil(Math.log(value) * BUCKETS_PER_E);
}

/** As far from the bucket's lower bound as from its upper one, relative to each. */
function middleOf(index: number): number {
  return (2 * GAMMA ** index) / (GAMMA + 1);
}
