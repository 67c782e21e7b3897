/** An item of a chain; its links are null outside it. */
export interface Link<T> {
  newer: T | null;
  older: T | null;
  chained: boolean;
}

/** Items in order of arrival. Adding, and removing any item, are O(1). */
export class Chain<T extends Link<T>> {
  #newest: T | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get newest(): T | null {
    return this.#newest;
  }

  /** Newest first. Nothing may be added or removed meanwhile. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#newest; item !== null; item = item.older) {
      yield item;
    }
  }

  add(item: T): void {
    item.older = this.#newest;
    item.newer = null;
    item.chained = true;
    if (this.#newest !== null) {
      this.#newest.newer = item;
    }
    this.#newest = item;
    this.#size += 1;
  }

  remove(item: T): boolean {
    if (!item.chained) {
      return false;
    }
    if (item.newer === null) {
      this.#newest = item.older;
    } else {
      item.newer.older = item.older;
    }
    if (item.older !== null) {
      item.older.newer = item.newer;
    }
    item.newer = null;
    item.older = null;
    item.chained = false;
    this.#size -= 1;
    return true;
  }
}
