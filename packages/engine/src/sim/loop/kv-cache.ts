import { BlockPool } from './block-pool.ts';
import type { Sequence } from './sequence.ts';

/** Tokens per KV block, vLLM's default. */
export const blockTokens = 16;

/** Who holds which blocks, and what of a request is cached already. */
export class KvCache {
  readonly #pool: BlockPool;
  /** Blocks that the last `findPrefix` found. */
  readonly #hits: number[] = [];

  constructor(blocks: number) {
    this.#pool = new BlockPool(blocks);
  }

  get blocks(): number {
    return this.#pool.blocks;
  }

  get freeBlocks(): number {
    return this.#pool.freeBlocks;
  }

  /** Whether blocks are there for the first `endTokens` tokens of a running request. */
  fits(sequence: Sequence, endTokens: number): boolean {
    return blocksOf(endTokens) - sequence.heldBlocks <= this.#pool.freeBlocks;
  }

  /** Gives the request blocks for its first `endTokens` tokens and lets others find the full ones. */
  reserve(sequence: Sequence, endTokens: number): void {
    let missing = blocksOf(endTokens) - sequence.heldBlocks;
    for (; missing > 0 && sequence.blocks.length < sequence.keyedBlocks; missing--) {
      sequence.blocks.push(this.#pool.take());
    }
    if (missing > 0) {
      this.#pool.takeCount(missing);
      sequence.countedBlocks += missing;
    }
    this.#remember(sequence, endTokens);
  }

  #remember(sequence: Sequence, endTokens: number): void {
    const { request, keyedBlocks } = sequence;
    const fullBlocks = Math.min(Math.floor(endTokens / blockTokens), keyedBlocks);
    while (sequence.rememberedBlocks < fullBlocks) {
      const index = sequence.rememberedBlocks++;
      this.#pool.remember(sequence.blocks[index]!, request.blockKey!(index));
    }
    const heldTokens = sequence.heldBlocks * blockTokens;
    const nextFull = (sequence.rememberedBlocks + 1) * blockTokens - 1;
    sequence.quietTokens = sequence.rememberedBlocks < keyedBlocks ? Math.min(heldTokens, nextFull) : heldTokens;
  }

  /** Gives everything back. Last block first, so that under pressure a prefix loses its end before its beginning. */
  release(sequence: Sequence): void {
    const { blocks } = sequence;
    this.#pool.releaseCount(sequence.countedBlocks);
    for (let index = blocks.length - 1; index >= 0; index--) this.#pool.release(blocks[index]!);
    if (blocks.length > 0) blocks.length = 0;
    sequence.countedBlocks = 0;
    sequence.rememberedBlocks = 0;
    sequence.computedTokens = 0;
    sequence.quietTokens = 0;
  }

  /** Blocks that would be free if this request gave up its own. */
  ownBlocks(sequence: Sequence): number {
    let own = sequence.countedBlocks;
    for (const block of sequence.blocks) if (this.#pool.references(block) === 1) own++;
    return own;
  }

  /**
   * Tokens in the leading whole blocks of a waiting request that are cached, for the calls below. At least the last token is always
   * computed, to emit from it.
   */
  findPrefix(sequence: Sequence): number {
    const hits = this.#hits;
    if (hits.length > 0) hits.length = 0;
    if (sequence.keyedBlocks === 0) return 0;
    const { request } = sequence;
    const blocksMax = Math.min(Math.floor((sequence.tokens - 1) / blockTokens), sequence.keyedBlocks);
    for (let index = 0; index < blocksMax; index++) {
      const block = this.#pool.find(request.blockKey!(index));
      if (block === undefined) break;
      hits.push(block);
    }
    return hits.length * blockTokens;
  }

  /** Free blocks that `endTokens` tokens of the request would take, with the prefix that was found. */
  neededWithPrefix(endTokens: number): number {
    let needed = blocksOf(endTokens) - this.#hits.length;
    for (const block of this.#hits) if (this.#pool.isFree(block)) needed++;
    return needed;
  }

  /** The request becomes one more holder of the prefix that was found. */
  holdPrefix(sequence: Sequence): void {
    for (const block of this.#hits) {
      this.#pool.share(block);
      sequence.blocks.push(block);
    }
    sequence.rememberedBlocks = sequence.blocks.length;
  }
}

function blocksOf(tokens: number): number {
  return Math.ceil(tokens / blockTokens);
}
