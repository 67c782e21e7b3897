import { ContentIndex } from './content-index.ts';

/**
 * The KV cache as blocks. A block is held by requests or free. It has a number only while its content can be found again
 * or will be: such blocks are taken and released one by one, and a free one keeps its content until it is overwritten, so that a later
 * request with the same prefix takes it back without computing. All others are only counted.
 *
 * Free space is a list in the order of release: numbered blocks, and runs of counted ones between them. Space that was free the
 * longest is overwritten first. Every operation is constant time, except that taking a count steps over the numbered blocks in it.
 */
export class BlockPool {
  readonly blocks: number;
  readonly #references: Int32Array;
  readonly #contents: ContentIndex;
  /** Circular doubly linked list of free space. Nodes below `blocks` are numbered blocks, `blocks` is the head, those above are runs. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /** Blocks in a run, by its node minus `blocks` minus 1. */
  readonly #runBlocks: Int32Array;
  /** Stacks of the block numbers and the run nodes that nothing uses. */
  readonly #spareNumbers: Int32Array;
  readonly #spareRuns: Int32Array;
  #spareNumberCount: number;
  #spareRunCount: number;
  #freeBlocks = 0;

  constructor(blocks: number) {
    this.blocks = blocks;
    this.#references = new Int32Array(blocks);
    this.#contents = new ContentIndex(blocks);
    // Runs are never neighbours, unless a numbered block between them was taken: at most one per block of free space.
    const nodes = 2 * blocks + 1;
    this.#next = new Int32Array(nodes);
    this.#previous = new Int32Array(nodes);
    this.#next[blocks] = blocks;
    this.#previous[blocks] = blocks;
    this.#runBlocks = new Int32Array(blocks);
    this.#spareNumbers = Int32Array.from({ length: blocks }, (_, index) => blocks - 1 - index);
    this.#spareRuns = Int32Array.from({ length: blocks }, (_, index) => 2 * blocks - index);
    this.#spareNumberCount = blocks;
    this.#spareRunCount = blocks;
    this.releaseCount(blocks);
  }

  get freeBlocks(): number {
    return this.#freeBlocks;
  }

  /** How many hold this block. */
  references(block: number): number {
    return this.#references[block]!;
  }

  isFree(block: number): boolean {
    return this.#references[block] === 0;
  }

  /** The block that holds this content, held or free. */
  find(key: number): number | undefined {
    return this.#contents.find(key);
  }

  /** Takes the block that was free the longest and numbers it; what it cached is forgotten. The caller has checked `freeBlocks`. */
  take(): number {
    const node = this.#next[this.blocks]!;
    let block = node;
    if (node >= this.blocks) {
      if (node === this.blocks) throw new Error('the block pool is empty');
      this.#shortenRun(node, 1);
      block = this.#spareNumbers[--this.#spareNumberCount]!;
    } else {
      this.#unlink(node);
      this.#contents.remove(node);
    }
    this.#references[block] = 1;
    this.#freeBlocks--;
    return block;
  }

  /** Takes the `count` blocks that were free the longest without numbering them. */
  takeCount(count: number): void {
    if (count > this.#freeBlocks) throw new Error('the block pool is empty');
    this.#freeBlocks -= count;
    for (let missing = count; missing > 0;) {
      const node = this.#next[this.blocks]!;
      if (node > this.blocks) {
        const taken = Math.min(missing, this.#runBlocks[node - this.blocks - 1]!);
        this.#shortenRun(node, taken);
        missing -= taken;
      } else {
        this.#unlink(node);
        this.#contents.remove(node);
        this.#spareNumbers[this.#spareNumberCount++] = node;
        missing--;
      }
    }
  }

  /** One more holder of a block that was found by its content. */
  share(block: number): void {
    if (this.#references[block] === 0) {
      this.#unlink(block);
      this.#freeBlocks--;
    }
    this.#references[block]! += 1;
  }

  release(block: number): void {
    const references = this.#references[block]! - 1;
    if (references < 0) throw new Error(`block ${block} is released twice`);
    this.#references[block] = references;
    if (references > 0) return;
    this.#append(block);
    this.#freeBlocks++;
  }

  /** Gives back counted blocks. */
  releaseCount(count: number): void {
    if (count === 0) return;
    this.#freeBlocks += count;
    let last = this.#previous[this.blocks]!;
    if (last <= this.blocks) {
      last = this.#spareRuns[--this.#spareRunCount]!;
      this.#append(last);
    }
    this.#runBlocks[last - this.blocks - 1]! += count;
  }

  /** Makes a held block findable. Where two blocks were filled with the same content at once, the first stays. */
  remember(block: number, key: number): void {
    this.#contents.add(block, key);
  }

  #shortenRun(node: number, count: number): void {
    const run = node - this.blocks - 1;
    this.#runBlocks[run]! -= count;
    if (this.#runBlocks[run]! > 0) return;
    this.#unlink(node);
    this.#spareRuns[this.#spareRunCount++] = node;
  }

  #append(node: number): void {
    const last = this.#previous[this.blocks]!;
    this.#next[last] = node;
    this.#previous[node] = last;
    this.#next[node] = this.blocks;
    this.#previous[this.blocks] = node;
  }

  #unlink(node: number): void {
    const next = this.#next[node]!;
    const previous = this.#previous[node]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }
}
