const NOTHING = Buffer.alloc(0);

/**
 * The beginning of an event whose end has not come. Pictures come in events of many megabytes, a few kilobytes at a time: each of these is
 * copied here, and what waits is looked at again only when the event may have ended. Others bound how much that is.
 */
export class Unfinished {
  /** Larger than what is in it while more may come. */
  #store: Buffer = NOTHING;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All that waits, and these bytes behind it, to be looked through; null while no event can end in them. */
  with(bytes: Buffer, mayEnd: (bytes: Buffer) => boolean): Buffer | null {
    if (this.#size === 0) return bytes;
    if (!mayEnd(bytes)) {
      this.#add(bytes);
      return null;
    }
    const all = Buffer.concat([this.#store.subarray(0, this.#size), bytes]);
    this.#store = NOTHING;
    this.#size = 0;
    return all;
  }

  /** What is left of them. A copy: a view would keep the whole network buffer alive for as long as the event is unfinished. */
  keep(rest: Buffer): void {
    this.#store = Buffer.from(rest);
    this.#size = rest.length;
  }

  #add(bytes: Buffer): void {
    const size = this.#size + bytes.length;
    if (size > this.#store.length) {
      const store = Buffer.allocUnsafe(2 * size);
      this.#store.copy(store, 0, 0, this.#size);
      this.#store = store;
    }
    bytes.copy(this.#store, this.#size);
    this.#size = size;
  }
}
