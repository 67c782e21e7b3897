import type { StepCosts } from '../model/profile.ts';
import { stepTimeMs } from '../model/step-time.ts';
import { BatchSums } from './batch-sums.ts';
import { coServingPlanner } from './co-serving.ts';
import type { EngineLoopOptions, LoopCounters, StepOutcome } from './contract.ts';
import { blockTokens } from './kv-cache.ts';
import { Sequence } from './sequence.ts';
import type { LoopRequest, SequenceRules, SequenceView } from './sequence.ts';
import { StepState } from './step-state.ts';
import type { StepPlanner } from './step-state.ts';
import { preemptLessUrgent } from './urgent-preemption.ts';
import { vllmPlanner } from './vllm-planner.ts';

export { blockTokens } from './kv-cache.ts';

/** SGLang's. */
const preemptionThresholdDefault = 10;

/**
 * An engine's scheduler loop over the step-time model. It has no clock: `step(now)` decides what the engine computes
 * next and says how long that takes; the caller moves time. A planner, vLLM's unless the options say otherwise, puts each step together.
 *
 * Work per step is proportional to the running requests and the blocks that change hands, never to the queue, and a step
 * that admits nobody allocates nothing.
 */
export class EngineLoop {
  readonly #state: StepState;
  readonly #planner: StepPlanner;
  readonly #costs: StepCosts;
  readonly #rules: SequenceRules;
  readonly #async: boolean;
  readonly #restoreMsPerToken: number;
  readonly #sequences = new Map<string, Sequence>();
  /** Arrivals that the step which is already put together cannot have; only with asynchronous scheduling. */
  readonly #arriving: Sequence[] = [];
  /** Aborted while they ran. */
  readonly #aborted: Sequence[] = [];
  #nextOrder = 0;
  readonly #sums: BatchSums;
  readonly #outcome: Outcome = new Outcome();

  constructor(options: EngineLoopOptions) {
    const { costs, coServing, preemption = 'vllm', schedulingPolicy = 'priority' } = options;
    this.#state = new StepState(options, Math.floor(options.kvTokens / blockTokens));
    this.#costs = costs;
    this.#rules = { prefixCache: options.prefixCache, schedulingPolicy };
    this.#async = options.asyncScheduling ?? false;
    this.#restoreMsPerToken = coServing?.restoreMsPerToken ?? 0;
    this.#sums = new BatchSums(costs);
    if (coServing === undefined) {
      const threshold = options.preemptionThreshold ?? preemptionThresholdDefault;
      this.#planner = vllmPlanner(preemption === 'sglang' ? preemptLessUrgent(threshold) : undefined);
    } else {
      if (schedulingPolicy === 'fcfs')
        throw new RangeError('coServing tells requests apart by priority, which fcfs ignores');
      if (preemption === 'sglang') throw new RangeError('coServing has its own preemption and does not go with sglang');
      this.#planner = coServingPlanner(coServing, costs);
    }
  }

  get counters(): LoopCounters {
    return this.#state.counters;
  }

  get runningRequests(): number {
    return this.#state.running.length;
  }

  get waitingRequests(): number {
    return this.#state.waiting.size + this.#arriving.length;
  }

  get kvBlocks(): number {
    return this.#state.kv.blocks;
  }

  get freeBlocks(): number {
    return this.#state.kv.freeBlocks;
  }

  /** Share of the KV cache that requests hold, 0..1. */
  get kvUsage(): number {
    return 1 - this.#state.kv.freeBlocks / this.#state.kv.blocks;
  }

  /** False when a step would have nothing to do. */
  get hasWork(): boolean {
    return this.#state.running.length > 0 || this.waitingRequests > 0;
  }

  /** Throws where the request could never run: the engine's front has to refuse it before. */
  add(request: LoopRequest): SequenceView {
    if (request.promptTokens < 1 || request.outputTokens < 1)
      throw new RangeError('a request needs at least one token');
    if (request.promptTokens + request.outputTokens > this.kvBlocks * blockTokens) {
      throw new RangeError(`request ${request.id} is larger than the KV cache`);
    }
    if (this.#sequences.has(request.id)) throw new Error(`request ${request.id} is already in the loop`);
    const sequence = new Sequence(request, this.#nextOrder++, this.#rules);
    this.#sequences.set(request.id, sequence);
    if (this.#async) this.#arriving.push(sequence);
    else this.#state.waiting.push(sequence);
    return sequence;
  }

  /** A running request keeps its blocks until the next step. Unknown and finished ids are ignored. */
  abort(id: string): void {
    const sequence = this.#sequences.get(id);
    if (sequence === undefined) return;
    this.#sequences.delete(id);
    if (sequence.state === 'running') this.#aborted.push(sequence);
    else if (sequence.heapIndex >= 0) this.#state.waiting.remove(sequence);
    else this.#arriving.splice(this.#arriving.indexOf(sequence), 1);
    sequence.state = 'aborted';
  }

  step(nowMs: number): StepOutcome {
    const state = this.#state;
    state.begin();
    if (this.#aborted.length > 0) this.#releaseAborted();
    // Without a step under way nothing has been put together ahead of time.
    if (this.#async && state.running.length === 0 && state.waiting.size === 0) this.#queueArrivals();
    this.#planner(state);
    if (state.preempted.length > 0) state.requeuePreempted();
    if (this.#async) {
      state.releaseRetiring();
      this.#queueArrivals();
    }
    return this.#advance(nowMs);
  }

  #queueArrivals(): void {
    if (this.#arriving.length === 0) return;
    for (const sequence of this.#arriving) this.#state.waiting.push(sequence);
    this.#arriving.length = 0;
  }

  #releaseAborted(): void {
    const { running, kv } = this.#state;
    for (const sequence of this.#aborted) kv.release(sequence);
    this.#aborted.length = 0;
    let kept = 0;
    for (const sequence of running) if (sequence.state === 'running') running[kept++] = sequence;
    running.length = kept;
  }

  /** Every scheduled token is computed, and each request that has no more to compute gets a token. */
  #advance(nowMs: number): StepOutcome {
    const { running, preempted, counters, restoredTokens } = this.#state;
    const outcome = this.#outcome;
    const { emitted, firstTokens, finished } = outcome;
    const sums = this.#sums;
    if (firstTokens.length > 0) firstTokens.length = 0;
    if (finished.length > 0) finished.length = 0;
    sums.clear();
    let decodeStreams = 0;
    let contextTokens = 0;
    let contextTokensMax = 0;
    let emittedCount = 0;
    let kept = 0;
    for (let index = 0; index < running.length; index++) {
      const sequence = running[index]!;
      const scheduled = sequence.scheduledTokens;
      if (scheduled > 0) {
        const context = sequence.computedTokens;
        const remaining = sequence.remainingTokens;
        if (remaining === 1 && sequence.generatedTokens > 0) {
          decodeStreams++;
          contextTokens += context;
          if (context > contextTokensMax) contextTokensMax = context;
        } else {
          sums.addPrefill(scheduled, context);
        }
        sequence.scheduledTokens = 0;
        sequence.computedTokens = context + scheduled;
        if (scheduled === remaining) {
          const generated = ++sequence.generatedTokens;
          // Mostly the same as a step ago, and comparing is cheaper than writing.
          if (emitted[emittedCount] !== sequence) emitted[emittedCount] = sequence;
          emittedCount++;
          if (generated === 1) firstTokens.push(sequence);
          if (generated === sequence.outputTokens) {
            this.#finish(sequence);
            continue;
          }
        }
      }
      if (kept !== index) running[kept] = sequence;
      kept++;
    }
    sums.addDecodes(decodeStreams, contextTokens, contextTokensMax);
    if (kept < running.length) running.length = kept;
    // Nothing runs, so nothing was put together ahead of time.
    if (kept === 0) this.#state.releaseRetiring();
    if (emittedCount < emitted.length) emitted.length = emittedCount;
    counters.prefillTokens += sums.prefillTokens;
    counters.generatedTokens += emittedCount;
    outcome.startMs = nowMs;
    outcome.durationMs = stepTimeMs(this.#costs, sums) + restoredTokens * this.#restoreMsPerToken;
    outcome.preempted = preempted;
    outcome.prefillTokens = sums.prefillTokens;
    outcome.decodeStreams = sums.decodeStreams;
    outcome.contextTokens = sums.contextTokens;
    return outcome;
  }

  #finish(sequence: Sequence): void {
    sequence.state = 'finished';
    if (this.#async) this.#state.retiring.push(sequence);
    else this.#state.kv.release(sequence);
    this.#sequences.delete(sequence.request.id);
    this.#outcome.finished.push(sequence);
  }
}

class Outcome implements StepOutcome {
  startMs = 0;
  durationMs = 0;
  readonly emitted: Sequence[] = [];
  readonly firstTokens: Sequence[] = [];
  readonly finished: Sequence[] = [];
  preempted: readonly Sequence[] = [];
  prefillTokens = 0;
  decodeStreams = 0;
  contextTokens = 0;
}
