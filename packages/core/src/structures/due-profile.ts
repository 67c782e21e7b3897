/** Times are told apart up to this. */
const SPAN_MS = 10_000;
const LEVEL_MAX = 2 ** 30;

/** How many of some times are not later than a given one, to within a span. A Fenwick tree over spans that holds only nodes in use. */
export class DueProfile {
  readonly #tree = new Map<number, number>();

  add(at: number): void {
    this.#shift(at, 1);
  }

  /** `at` as it was added. */
  remove(at: number): void {
    this.#shift(at, -1);
  }

  upTo(at: number): number {
    let sum = 0;
    for (let node = levelOf(at); node > 0; node -= node & -node) {
      sum += this.#tree.get(node) ?? 0;
    }
    return sum;
  }

  #shift(at: number, by: 1 | -1): void {
    for (let node = levelOf(at); node <= LEVEL_MAX; node += node & -node) {
      const count = (this.#tree.get(node) ?? 0) + by;
      if (count === 0) this.#tree.delete(node);
      else this.#tree.set(node, count);
    }
  }
}

function levelOf(at: number): number {
  return Math.min(Math.max(Math.floor(at / SPAN_MS) + 1, 1), LEVEL_MAX);
}
