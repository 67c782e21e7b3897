/** What is due at some time. Equal times are served in the order in which they were planned, so that runs repeat. */
interface Due<T> {
  readonly atMs: number;
  readonly order: number;
  readonly what: T;
}

/** The virtual clock's list of what happens next: a binary heap. */
export class Agenda<T> {
  readonly #heap: Due<T>[] = [];
  #order = 0;

  get nextAtMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  plan(atMs: number, what: T): void {
    const due = { atMs, order: this.#order++, what };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(due, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = due;
  }

  /** The caller has looked at `nextAtMs`. */
  take(): T {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (last !== top) this.#sink(last);
    return top.what;
  }

  #sink(due: Due<T>): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, due)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = due;
  }
}

function before<T>(a: Due<T>, b: Due<T>): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
