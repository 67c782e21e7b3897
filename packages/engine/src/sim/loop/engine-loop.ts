import { stepTimeMs } from '../model/step-time.ts';
import { BlockPool } from './block-pool.ts';
import { compareUrgency, Sequence } from './sequence.ts';
import type { EngineLoopOptions, LoopCounters, StepOutcome } from './contract.ts';
import type { LoopRequest, SequenceView } from './sequence.ts';
import { WaitingHeap } from './waiting-heap.ts';

/** Tokens per KV block, vLLM's default. */
export const blockTokens = 16;

/**
 * vLLM V1's scheduler loop over the step-time model. It has no clock: `step(now)` decides what the engine computes
 * next and says how long that takes; the caller moves time.
 *
 * A step serves running requests first, in the order in which they were admitted, and then admits waiting ones by
 * (priority, arrival) until one does not fit. Running out of blocks preempts the running request that is last by
 * (priority, arrival); a waiting request never preempts. A step that preempted admits nobody.
 *
 * Work per step is proportional to the running requests and the blocks that change hands, never to the queue.
 */
export class EngineLoop {
  readonly #options: EngineLoopOptions;
  readonly #pool: BlockPool;
  readonly #waiting = new WaitingHeap();
  #running: Sequence[] = [];
  readonly #sequences = new Map<string, Sequence>();
  readonly #aborted: Sequence[] = [];
  #nextOrder = 0;
  readonly counters: LoopCounters = {
    preemptions: 0,
    prefillTokens: 0,
    generatedTokens: 0,
    prefixQueryTokens: 0,
    prefixHitTokens: 0,
  };

  readonly #emitted: Sequence[] = [];
  readonly #finished: Sequence[] = [];
  readonly #preempted: Sequence[] = [];
  readonly #hits: number[] = [];
  #budget = 0;

  constructor(options: EngineLoopOptions) {
    this.#options = options;
    this.#pool = new BlockPool(Math.floor(options.kvTokens / blockTokens));
  }

  get runningRequests(): number {
    return this.#running.length;
  }

  get waitingRequests(): number {
    return this.#waiting.size;
  }

  get kvBlocks(): number {
    return this.#pool.blocks;
  }

  get freeBlocks(): number {
    return this.#pool.freeBlocks;
  }

  /** Share of the KV cache that requests hold, 0..1. */
  get kvUsage(): number {
    return 1 - this.#pool.freeBlocks / this.#pool.blocks;
  }

  /** False when a step would have nothing to do. */
  get hasWork(): boolean {
    return this.#running.length > 0 || this.#waiting.size > 0;
  }

  /** Throws where the request could never run: the engine's front has to refuse it before. */
  add(request: LoopRequest): SequenceView {
    if (request.promptTokens < 1 || request.outputTokens < 1)
      throw new RangeError('a request needs at least one token');
    if (request.promptTokens + request.outputTokens > this.#pool.blocks * blockTokens) {
      throw new RangeError(`request ${request.id} is larger than the KV cache`);
    }
    if (this.#sequences.has(request.id)) throw new Error(`request ${request.id} is already in the loop`);
    const sequence = new Sequence(request, this.#nextOrder++);
    this.#sequences.set(request.id, sequence);
    this.#waiting.push(sequence);
    return sequence;
  }

  /** A running request keeps its blocks until the next step. Unknown and finished ids are ignored. */
  abort(id: string): void {
    const sequence = this.#sequences.get(id);
    if (sequence === undefined) return;
    this.#sequences.delete(id);
    if (sequence.state === 'waiting') this.#waiting.remove(sequence);
    else this.#aborted.push(sequence);
    sequence.state = 'aborted';
  }

  step(nowMs: number): StepOutcome {
    this.#emitted.length = 0;
    this.#finished.length = 0;
    this.#preempted.length = 0;
    this.#releaseAborted();
    this.#budget = this.#options.maxNumBatchedTokens;
    this.#scheduleRunning();
    if (this.#preempted.length === 0) this.#admitWaiting();
    return this.#advance(nowMs);
  }

  #releaseAborted(): void {
    if (this.#aborted.length === 0) return;
    for (const sequence of this.#aborted) this.#releaseBlocks(sequence);
    this.#aborted.length = 0;
    this.#running = this.#running.filter((sequence) => sequence.state === 'running');
  }

  #scheduleRunning(): void {
    let index = 0;
    while (index < this.#running.length && this.#budget > 0) {
      const sequence = this.#running[index]!;
      const tokens = this.#chunk(sequence.tokens - sequence.computedTokens);
      const end = sequence.computedTokens + tokens;
      while (this.#blocksMissing(sequence, end) > this.#pool.freeBlocks) {
        const victim = this.#running.reduce((last, other) => (compareUrgency(other, last) > 0 ? other : last));
        const victimIndex = this.#running.indexOf(victim);
        this.#preempt(victim, victimIndex);
        if (victim === sequence) return;
        if (victimIndex < index) index--;
      }
      this.#reserve(sequence, end);
      sequence.scheduledTokens = tokens;
      this.#budget -= tokens;
      index++;
    }
  }

  /** Recompute preemption: every block goes back, and the request waits in its old place by (priority, arrival). */
  #preempt(victim: Sequence, index: number): void {
    this.#budget += victim.scheduledTokens;
    victim.scheduledTokens = 0;
    victim.preemptions++;
    victim.state = 'waiting';
    this.#releaseBlocks(victim);
    this.#running.splice(index, 1);
    this.#waiting.push(victim);
    this.#preempted.push(victim);
    this.counters.preemptions++;
  }

  #admitWaiting(): void {
    while (this.#budget > 0 && this.#running.length < this.#options.maxNumSeqs) {
      const sequence = this.#waiting.peek();
      if (sequence === undefined) return;
      const cachedTokens = this.#findPrefix(sequence);
      const tokens = this.#chunk(sequence.tokens - cachedTokens);
      const end = cachedTokens + tokens;
      let needed = Math.ceil(end / blockTokens) - this.#hits.length;
      for (const block of this.#hits) if (this.#pool.isFree(block)) needed++;
      if (needed > this.#pool.freeBlocks) return;

      this.#waiting.remove(sequence);
      for (const block of this.#hits) {
        this.#pool.share(block);
        sequence.blocks.push(block);
      }
      sequence.rememberedBlocks = sequence.blocks.length;
      sequence.computedTokens = cachedTokens;
      this.#reserve(sequence, end);
      sequence.scheduledTokens = tokens;
      this.#budget -= tokens;
      sequence.state = 'running';
      this.#running.push(sequence);
      if (!sequence.admittedOnce) this.#countAdmission(sequence, cachedTokens);
    }
  }

  #countAdmission(sequence: Sequence, cachedTokens: number): void {
    sequence.admittedOnce = true;
    sequence.cachedTokens = cachedTokens;
    this.counters.prefixQueryTokens += sequence.request.promptTokens;
    this.counters.prefixHitTokens += cachedTokens;
  }

  /** Leading whole blocks that are cached, left in `#hits`. At least the last token is always computed, to emit from it. */
  #findPrefix(sequence: Sequence): number {
    this.#hits.length = 0;
    const blockKey = sequence.request.blockKey;
    if (blockKey === undefined || !this.#options.prefixCache) return 0;
    const blocksMax = Math.floor((sequence.tokens - 1) / blockTokens);
    for (let index = 0; index < blocksMax; index++) {
      const block = this.#pool.find(blockKey(index));
      if (block === undefined) break;
      this.#hits.push(block);
    }
    return this.#hits.length * blockTokens;
  }

  #chunk(tokens: number): number {
    return Math.min(tokens, this.#options.longPrefillTokenThreshold, this.#budget);
  }

  #blocksMissing(sequence: Sequence, endTokens: number): number {
    return Math.ceil(endTokens / blockTokens) - sequence.blocks.length;
  }

  /** Gives the request blocks for its first `endTokens` tokens and lets others find the full ones. */
  #reserve(sequence: Sequence, endTokens: number): void {
    for (let missing = this.#blocksMissing(sequence, endTokens); missing > 0; missing--) {
      sequence.blocks.push(this.#pool.take());
    }
    const blockKey = sequence.request.blockKey;
    if (blockKey === undefined || !this.#options.prefixCache) return;
    const fullBlocks = Math.floor(endTokens / blockTokens);
    for (; sequence.rememberedBlocks < fullBlocks; sequence.rememberedBlocks++) {
      const index = sequence.rememberedBlocks;
      this.#pool.remember(sequence.blocks[index]!, blockKey(index));
    }
  }

  /** Last block first, so that under pressure a prefix loses its end before its beginning. */
  #releaseBlocks(sequence: Sequence): void {
    for (let index = sequence.blocks.length - 1; index >= 0; index--) this.#pool.release(sequence.blocks[index]!);
    sequence.blocks.length = 0;
    sequence.rememberedBlocks = 0;
    sequence.computedTokens = 0;
  }

  #advance(nowMs: number): StepOutcome {
    let tokens = 0;
    let prefillTokens = 0;
    let prefillPairs = 0;
    let decodeStreams = 0;
    let contextTokens = 0;
    let contextTokensMax = 0;
    for (const sequence of this.#running) {
      const scheduled = sequence.scheduledTokens;
      if (scheduled === 0) continue;
      sequence.scheduledTokens = 0;
      tokens += scheduled;
      const context = sequence.computedTokens;
      if (sequence.generatedTokens > 0 && sequence.tokens - context === 1) {
        decodeStreams++;
        contextTokens += context;
        contextTokensMax = Math.max(contextTokensMax, context);
      } else {
        prefillTokens += scheduled;
        prefillPairs += scheduled * (context + scheduled / 2);
      }
      sequence.computedTokens += scheduled;
      if (sequence.computedTokens < sequence.tokens) continue;
      sequence.generatedTokens++;
      this.#emitted.push(sequence);
      if (sequence.generatedTokens === sequence.request.outputTokens) this.#finish(sequence);
    }
    if (this.#finished.length > 0) this.#running = this.#running.filter((sequence) => sequence.state === 'running');
    this.counters.prefillTokens += prefillTokens;
    this.counters.generatedTokens += this.#emitted.length;
    const batch = { tokens, prefillTokens, prefillPairs, decodeStreams, contextTokens, contextTokensMax };
    return {
      startMs: nowMs,
      durationMs: stepTimeMs(this.#options.costs, batch),
      emitted: this.#emitted,
      finished: this.#finished,
      preempted: this.#preempted,
      prefillTokens,
      decodeStreams,
    };
  }

  #finish(sequence: Sequence): void {
    sequence.state = 'finished';
    this.#releaseBlocks(sequence);
    this.#sequences.delete(sequence.request.id);
    this.#finished.push(sequence);
  }
}
