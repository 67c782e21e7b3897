/**
 * Which block holds which content: a hash table with open addressing. A `Map` that is filled and emptied with every request would cost
 * more than everything else that the loop does for it.
 */
export class ContentIndex {
  /** Content key per block; NaN where the block is not in the table. */
  readonly #keys: Float64Array;
  /** Blocks, each at the place of its key's hash or as soon after it as there was room; -1 where nothing is. */
  readonly #slots: Int32Array;
  readonly #mask: number;

  constructor(blocks: number) {
    this.#keys = new Float64Array(blocks).fill(Number.NaN);
    // At most half full, so that places are near.
    const size = 2 ** Math.ceil(Math.log2(2 * blocks + 1));
    this.#slots = new Int32Array(size).fill(-1);
    this.#mask = size - 1;
  }

  has(block: number): boolean {
    return !Number.isNaN(this.#keys[block]!);
  }

  find(key: number): number | undefined {
    const block = this.#slots[this.#slotOf(key)]!;
    return block < 0 ? undefined : block;
  }

  /** False where the content or the block is in the table already. */
  add(block: number, key: number): boolean {
    if (this.has(block)) return false;
    const slot = this.#slotOf(key);
    if (this.#slots[slot]! >= 0) return false;
    this.#slots[slot] = block;
    this.#keys[block] = key;
    return true;
  }

  /** A block that is not in the table stays out of it. */
  remove(block: number): void {
    if (!this.has(block)) return;
    const slots = this.#slots;
    let hole = this.#slotOf(this.#keys[block]!);
    this.#keys[block] = Number.NaN;
    // What had to step over the hole moves into it, or nobody would find it any more.
    for (let slot = (hole + 1) & this.#mask; slots[slot]! >= 0; slot = (slot + 1) & this.#mask) {
      const home = this.#home(this.#keys[slots[slot]!]!);
      if (((slot - home) & this.#mask) < ((slot - hole) & this.#mask)) continue;
      slots[hole] = slots[slot]!;
      hole = slot;
    }
    slots[hole] = -1;
  }

  /** Where the key is, or where it would go. */
  #slotOf(key: number): number {
    let slot = this.#home(key);
    for (;;) {
      const block = this.#slots[slot]!;
      if (block < 0 || this.#keys[block] === key) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Both halves of the key count: names are often counted up, in the high half or the low one. */
  #home(key: number): number {
    let hash = Math.imul(key | 0, 0x9e3779b1) ^ Math.imul((key / 2 ** 32) | 0, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & this.#mask;
  }
}
