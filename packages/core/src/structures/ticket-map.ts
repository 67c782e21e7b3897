const CAPACITY_MIN = 1_024;
/** Fuller than this, probes grow long. */
const LOAD_MAX = 0.5;

/**
 * Things by ticket id. What it has over `Map` is how it forgets: a `Map` through which many short-lived entries pass makes itself
 * anew every few deletions, each old table points to the next, and one old table that the garbage collector has promoted then keeps
 * alive all that come after it, with whatever was in them. Here a deleted entry is gone from the one table there is.
 *
 * Open addressing with linear probing; a deletion moves later entries of its run back, so there are no tombstones.
 */
export class TicketMap<V extends object> {
  #keys: (string | undefined)[] = new Array<string | undefined>(CAPACITY_MIN).fill(undefined);
  #values: (V | undefined)[] = new Array<V | undefined>(CAPACITY_MIN).fill(undefined);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: string): V | undefined {
    return this.#values[this.#find(key)];
  }

  has(key: string): boolean {
    return this.#values[this.#find(key)] !== undefined;
  }

  set(key: string, value: V): void {
    let slot = this.#find(key);
    if (this.#values[slot] === undefined) {
      if (this.#size + 1 > this.#keys.length * LOAD_MAX) {
        this.#grow();
        slot = this.#find(key);
      }
      this.#size += 1;
    }
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }

  delete(key: string): boolean {
    const slot = this.#find(key);
    if (this.#values[slot] === undefined) {
      return false;
    }
    this.#size -= 1;
    this.#close(slot);
    return true;
  }

  *values(): Generator<V> {
    for (const value of this.#values) {
      if (value !== undefined) {
        yield value;
      }
    }
  }

  /** The key's slot, or the free one where it would go. */
  #find(key: string): number {
    const mask = this.#keys.length - 1;
    let slot = hashOf(key) & mask;
    while (this.#keys[slot] !== undefined && this.#keys[slot] !== key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Fills the gap with whatever behind it could not stand where it wanted because of it, and so on. */
  #close(at: number): void {
    const mask = this.#keys.length - 1;
    let gap = at;
    for (let slot = (gap + 1) & mask; this.#keys[slot] !== undefined; slot = (slot + 1) & mask) {
      const wanted = hashOf(this.#keys[slot]!) & mask;
      if (((slot - wanted) & mask) >= ((slot - gap) & mask)) {
        this.#keys[gap] = this.#keys[slot];
        this.#values[gap] = this.#values[slot];
        gap = slot;
      }
    }
    this.#keys[gap] = undefined;
    this.#values[gap] = undefined;
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    this.#keys = new Array<string | undefined>(keys.length * 2).fill(undefined);
    this.#values = new Array<V | undefined>(keys.length * 2).fill(undefined);
    for (let slot = 0; slot < keys.length; slot += 1) {
      const key = keys[slot];
      if (key !== undefined) {
        const to = this.#find(key);
        this.#keys[to] = key;
        this.#values[to] = values[slot];
      }
    }
  }
}

/** FNV-1a, from the end: ids differ there first. The first characters are the same for all of a process and are left out. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = key.length - 1, left = HASHED_CHARS; at >= 0 && left > 0; at -= 1, left -= 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

const HASHED_CHARS = 16;
