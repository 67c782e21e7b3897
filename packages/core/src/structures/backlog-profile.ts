/**
 * How the waiting tickets are spread over projects: for each k, how many projects have at least k of them waiting.
 * Its prefix sums answer "how many tickets are served before a project's m-th, if projects take turns" without visiting the
 * projects, because a project with q tickets waiting contributes min(q, m) to the first m levels. Kept as a Fenwick tree.
 */
export class BacklogProfile {
  #tree = new Float64Array(16);

  /** A project's backlog grew to `level`. */
  grew(level: number): void {
    while (level >= this.#tree.length) {
      this.#widen();
    }
    this.#add(level, 1);
  }

  /** A project's backlog of `level` shrank by one. */
  shrank(level: number): void {
    this.#add(level, -1);
  }

  /** Sum over projects of min(their backlog, level). */
  within(level: number): number {
    let sum = 0;
    for (let at = Math.min(level, this.#tree.length - 1); at > 0; at -= at & -at) {
      sum += this.#tree[at]!;
    }
    return sum;
  }

  #add(level: number, by: number): void {
    for (let at = level; at < this.#tree.length; at += at & -at) {
      this.#tree[at]! += by;
    }
  }

  /** The length is a power of two, so the only new node that covers old levels is the one at the old length: it holds them all. */
  #widen(): void {
    const length = this.#tree.length;
    const total = this.within(length - 1);
    const wider = new Float64Array(length * 2);
    wider.set(this.#tree);
    wider[length] = total;
    this.#tree = wider;
  }
}
