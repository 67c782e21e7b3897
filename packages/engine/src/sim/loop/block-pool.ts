/**
 * The KV cache as blocks. A block is either held (references > 0) or in the free list; a free block may keep the
 * content that it was last given, so that a later request with the same prefix takes it back without computing.
 * The free list is in the order of release, so the block that was free the longest is overwritten first.
 * Every operation is constant time.
 */
export class BlockPool {
  readonly blocks: number;
  readonly #references: Int32Array;
  /** Content key per block; NaN where the block's content cannot be found again. */
  readonly #keys: Float64Array;
  readonly #blockOfKey = new Map<number, number>();
  /** Circular doubly linked free list; index `blocks` is its head. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  #freeBlocks: number;

  constructor(blocks: number) {
    this.blocks = blocks;
    this.#references = new Int32Array(blocks);
    this.#keys = new Float64Array(blocks).fill(Number.NaN);
    this.#next = new Int32Array(blocks + 1);
    this.#previous = new Int32Array(blocks + 1);
    for (let block = 0; block <= blocks; block++) {
      this.#next[block] = block === blocks ? 0 : block + 1;
      this.#previous[block] = block === 0 ? blocks : block - 1;
    }
    this.#freeBlocks = blocks;
  }

  get freeBlocks(): number {
    return this.#freeBlocks;
  }

  isFree(block: number): boolean {
    return this.#references[block] === 0;
  }

  /** The block that holds this content, held or free. */
  find(key: number): number | undefined {
    return this.#blockOfKey.get(key);
  }

  /** Takes the block that was free the longest; what it cached is forgotten. The caller has checked `freeBlocks`. */
  take(): number {
    const block = this.#next[this.blocks]!;
    if (block === this.blocks) throw new Error('the block pool is empty');
    this.#unlink(block);
    this.#references[block] = 1;
    const key = this.#keys[block]!;
    if (!Number.isNaN(key)) {
      this.#blockOfKey.delete(key);
      this.#keys[block] = Number.NaN;
    }
    return block;
  }

  /** One more holder of a block that was found by its content. */
  share(block: number): void {
    if (this.#references[block] === 0) this.#unlink(block);
    this.#references[block]! += 1;
  }

  release(block: number): void {
    const references = this.#references[block]! - 1;
    if (references < 0) throw new Error(`block ${block} is released twice`);
    this.#references[block] = references;
    if (references > 0) return;
    const last = this.#previous[this.blocks]!;
    this.#next[last] = block;
    this.#previous[block] = last;
    this.#next[block] = this.blocks;
    this.#previous[this.blocks] = block;
    this.#freeBlocks++;
  }

  /** Makes a held block findable. Where two blocks were filled with the same content at once, the first stays. */
  remember(block: number, key: number): void {
    if (this.#blockOfKey.has(key) || !Number.isNaN(this.#keys[block]!)) return;
    this.#keys[block] = key;
    this.#blockOfKey.set(key, block);
  }

  #unlink(block: number): void {
    const next = this.#next[block]!;
    const previous = this.#previous[block]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#freeBlocks--;
  }
}
