import type { EngineLoopOptions, LoopCounters } from './contract.ts';
import { KvCache } from './kv-cache.ts';
import { compareUrgency } from './sequence.ts';
import type { Sequence } from './sequence.ts';
import { WaitingHeap } from './waiting-heap.ts';

/** Puts one step together: gives running requests tokens, admits waiting ones, preempts. */
export type StepPlanner = (state: StepState) => void;

/** What a planner works on, and the moves that it has. */
export class StepState {
  readonly kv: KvCache;
  readonly waiting: WaitingHeap = new WaitingHeap();
  /** In the order in which they were admitted. */
  readonly running: Sequence[] = [];
  /** By this step; they wait again from its end on. */
  readonly preempted: Sequence[] = [];
  /** Finished, but what they held is not to be had before the next step. */
  readonly retiring: Sequence[] = [];
  readonly counters: LoopCounters = {
    preemptions: 0,
    prefillTokens: 0,
    generatedTokens: 0,
    prefixQueryTokens: 0,
    prefixHitTokens: 0,
  };
  readonly maxNumSeqs: number;
  readonly chunkMax: number;
  readonly tokensMax: number;
  /** Requests of this priority and above are swapped out when they are preempted. */
  readonly #swapPriority: number;
  /** Tokens that the step still has room for. */
  budget = 0;
  /** Swapped tokens that come back in this step. */
  restoredTokens = 0;

  constructor(options: EngineLoopOptions, kvBlocks: number) {
    this.kv = new KvCache(kvBlocks);
    this.maxNumSeqs = options.maxNumSeqs;
    this.tokensMax = options.maxNumBatchedTokens;
    this.#swapPriority = options.coServing?.offlinePriority ?? Infinity;
    // Never infinite: a chunk is a small integer then, and stays one in every sequence.
    this.chunkMax = Math.min(options.longPrefillTokenThreshold, options.maxNumBatchedTokens);
  }

  begin(): void {
    this.budget = this.tokensMax;
    this.restoredTokens = 0;
    if (this.preempted.length > 0) this.preempted.length = 0;
  }

  get hasSlot(): boolean {
    return this.running.length + this.retiring.length < this.maxNumSeqs;
  }

  /** The running request that gives way first. */
  leastUrgent(): number {
    const { running } = this;
    let last = 0;
    for (let index = 1; index < running.length; index++) {
      if (compareUrgency(running[index]!, running[last]!) > 0) last = index;
    }
    return last;
  }

  /**
   * Admits a waiting request with its first chunk. False where slots, budget or blocks do not allow it; nothing has changed then
   * but the prefix that was looked up.
   */
  admit(sequence: Sequence, chunkMax: number): boolean {
    if (this.budget <= 0 || !this.hasSlot) return false;
    const { kv } = this;
    const cachedTokens = kv.findPrefix(sequence);
    const startTokens = Math.max(cachedTokens, sequence.swappedTokens);
    const tokens = Math.min(sequence.tokens - startTokens, chunkMax, this.budget);
    const endTokens = startTokens + tokens;
    if (kv.neededWithPrefix(endTokens) > kv.freeBlocks) return false;

    this.waiting.remove(sequence);
    kv.holdPrefix(sequence);
    sequence.computedTokens = startTokens;
    this.restoredTokens += startTokens - cachedTokens;
    sequence.swappedTokens = 0;
    kv.reserve(sequence, endTokens);
    sequence.scheduledTokens = tokens;
    this.budget -= tokens;
    sequence.state = 'running';
    this.running.push(sequence);
    if (!sequence.admittedOnce) {
      sequence.admittedOnce = true;
      sequence.cachedTokens = cachedTokens;
      this.counters.prefixQueryTokens += sequence.promptTokens;
      this.counters.prefixHitTokens += cachedTokens;
    }
    return true;
  }

  /**
   * Gives the running request at `index` the longest chunk that it may have. Preempts where it finds no block, anywhere in the
   * list: the answer is the request's new index, or -1 where it gave way itself.
   */
  schedule(index: number): number {
    const { running } = this;
    const sequence = running[index]!;
    const tokens = Math.min(sequence.remainingTokens, this.chunkMax, this.budget);
    const endTokens = sequence.computedTokens + tokens;
    if (endTokens > sequence.quietTokens && !this.makeBlocks(sequence, endTokens)) return -1;
    sequence.scheduledTokens = tokens;
    this.budget -= tokens;
    return running[index] === sequence ? index : running.indexOf(sequence);
  }

  /**
   * Blocks for the first `endTokens` tokens of a running request, taken from the least urgent ones where too few are free. False
   * where that is the request itself, which has given way then.
   */
  makeBlocks(sequence: Sequence, endTokens: number): boolean {
    while (!this.kv.fits(sequence, endTokens)) {
      const index = this.leastUrgent();
      const isItself = this.running[index] === sequence;
      this.preempt(index);
      if (isItself) return false;
    }
    this.kv.reserve(sequence, endTokens);
    return true;
  }

  /**
   * Every block goes back, and the request will wait in its old place by urgency. Unless it is swapped out, everything is computed again.
   */
  preempt(index: number): void {
    const victim = this.running[index]!;
    this.budget += victim.scheduledTokens;
    victim.scheduledTokens = 0;
    victim.preemptions++;
    victim.state = 'waiting';
    if (victim.priority >= this.#swapPriority) victim.swappedTokens = victim.computedTokens;
    this.kv.release(victim);
    removeAt(this.running, index);
    this.preempted.push(victim);
    this.counters.preemptions++;
  }

  /** After the plan: those that it preempted wait again. */
  requeuePreempted(): void {
    for (const sequence of this.preempted) this.waiting.push(sequence);
  }

  releaseRetiring(): void {
    if (this.retiring.length === 0) return;
    for (const sequence of this.retiring) this.kv.release(sequence);
    this.retiring.length = 0;
  }
}

function removeAt(sequences: Sequence[], index: number): void {
  sequences.copyWithin(index, index + 1);
  sequences.pop();
}
