/**
 * A binary heap whose items know their own place in it, so that any item can be moved or removed in O(log n).
 * `slot` names the numeric field of the item that holds the place: -1 outside the heap. An item can be in several heaps, with
 * one field for each.
 */
export class IndexedHeap<K extends string, T extends Record<K, number>> {
  readonly #items: T[] = [];
  readonly #slot: K;
  readonly #before: (a: T, b: T) => boolean;

  constructor(slot: K, before: (a: T, b: T) => boolean) {
    this.#slot = slot;
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  /** In no particular order. */
  values(): T[] {
    return [...this.#items];
  }

  /** All items for which it holds, in no particular order. It must hold for whatever is before an item for which it does. */
  upTo(holds: (item: T) => boolean): T[] {
    const found: T[] = [];
    for (const places = [0]; places.length > 0;) {
      const at = places.pop()!;
      const item = this.#items[at];
      if (item !== undefined && holds(item)) {
        found.push(item);
        places.push(2 * at + 1, 2 * at + 2);
      }
    }
    return found;
  }

  has(item: T): boolean {
    return this.#items[item[this.#slot]] === item;
  }

  /** Adds the item, or puts it right after its order changed. */
  place(item: T): void {
    if (!this.has(item)) {
      this.#put(item, this.#items.length);
    }
    this.#settle(item);
  }

  /** False when the item is not here. */
  remove(item: T): boolean {
    if (!this.has(item)) {
      return false;
    }
    const at = item[this.#slot];
    const last = this.#items.pop()!;
    if (last !== item) {
      this.#put(last, at);
      this.#settle(last);
    }
    this.#mark(item, -1);
    return true;
  }

  pop(): T | undefined {
    const top = this.#items[0];
    if (top !== undefined) {
      this.remove(top);
    }
    return top;
  }

  #settle(item: T): void {
    this.#rise(item);
    this.#sink(item);
  }

  #rise(item: T): void {
    let at: number = item[this.#slot];
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt]!;
      if (!this.#before(item, parent)) {
        break;
      }
      this.#put(parent, at);
      at = parentAt;
    }
    this.#put(item, at);
  }

  #sink(item: T): void {
    let at: number = item[this.#slot];
    for (;;) {
      let childAt = 2 * at + 1;
      let child = this.#items[childAt];
      if (child === undefined) {
        break;
      }
      const right = this.#items[childAt + 1];
      if (right !== undefined && this.#before(right, child)) {
        child = right;
        childAt += 1;
      }
      if (!this.#before(child, item)) {
        break;
      }
      this.#put(child, at);
      at = childAt;
    }
    this.#put(item, at);
  }

  #put(item: T, at: number): void {
    this.#items[at] = item;
    this.#mark(item, at);
  }

  #mark(item: T, at: number): void {
    item[this.#slot] = at as T[K];
  }
}
