import type { StepCosts } from '../model/profile.ts';
import { stepTimeMs } from '../model/step-time.ts';
import { BatchSums } from './batch-sums.ts';
import type { CoServingOptions } from './contract.ts';
import type { Sequence } from './sequence.ts';
import type { StepPlanner, StepState } from './step-state.ts';

/**
 * What a scheduler inside the engine could do that knew every step's time: the upper bound for one that stands in front of it. Each step
 * 1. gives interactive requests what vLLM would give them, and takes slots and blocks for them from offline requests at once;
 * 2. adds offline decodes, oldest first, and then offline prefill in chunks of any size, as long as the step's predicted time, which
 *    is the time that it will take, stays within a budget: one while an interactive request is in the engine, another while none is.
 * An offline request that gives way keeps what it had computed, as if it had been saved to the host's memory all along.
 */
export function coServingPlanner(options: CoServingOptions, costs: StepCosts): StepPlanner {
  const plan = new CoServingPlan(options, costs);
  return (state) => plan.make(state);
}

class CoServingPlan {
  readonly #offlinePriority: number;
  readonly #budgetMs: number;
  readonly #idleBudgetMs: number;
  readonly #restoreMsPerToken: number;
  readonly #costs: StepCosts;
  /** The step so far, and the step with something added to try. */
  readonly #sums: BatchSums;
  readonly #trial: BatchSums;
  /** Running offline requests, by what they need next. */
  readonly #decoders: Sequence[] = [];
  readonly #prefillers: Sequence[] = [];
  /** What offline work may make the step take. */
  #limitMs = Infinity;
  #isIdle = false;

  constructor(options: CoServingOptions, costs: StepCosts) {
    this.#offlinePriority = options.offlinePriority;
    this.#budgetMs = options.stepBudgetMs;
    this.#idleBudgetMs = options.idleStepBudgetMs ?? Infinity;
    this.#restoreMsPerToken = options.restoreMsPerToken ?? 0;
    this.#costs = costs;
    this.#sums = new BatchSums(costs);
    this.#trial = new BatchSums(costs);
  }

  make(state: StepState): void {
    this.#scheduleInteractive(state);
    const isBlocked = this.#hasPreemptedInteractive(state) || !this.#admitInteractive(state);
    this.#survey(state);
    this.#isIdle = !isBlocked && this.#isIdle;
    this.#limitMs = this.#isIdle ? this.#idleBudgetMs : this.#budgetMs;
    this.#scheduleDecodes(state);
    this.#schedulePrefill(state);
    // What an interactive request waits for is not given to a new offline one.
    if (!isBlocked) this.#admitOffline(state);
  }

  /** What the step has so far, and what could be added. */
  #survey(state: StepState): void {
    this.#sums.clear();
    this.#decoders.length = 0;
    this.#prefillers.length = 0;
    this.#isIdle = true;
    for (const sequence of state.running) {
      if (sequence.scheduledTokens > 0) this.#sums.add(sequence, sequence.scheduledTokens);
      if (!this.#isOffline(sequence)) this.#isIdle = false;
      else if (sequence.isDecoding) this.#decoders.push(sequence);
      else this.#prefillers.push(sequence);
    }
  }

  #hasPreemptedInteractive(state: StepState): boolean {
    for (const victim of state.preempted) if (!this.#isOffline(victim)) return true;
    return false;
  }

  #isOffline(sequence: Sequence): boolean {
    return sequence.priority >= this.#offlinePriority;
  }

  #scheduleInteractive(state: StepState): void {
    const { running } = state;
    for (let index = 0; index < running.length && state.budget > 0; index++) {
      if (this.#isOffline(running[index]!)) continue;
      index = state.schedule(index);
      if (index < 0) return;
    }
  }

  /** False where an interactive request has to wait although the step has tokens left. */
  #admitInteractive(state: StepState): boolean {
    const { running, waiting, chunkMax } = state;
    while (state.budget > 0) {
      const sequence = waiting.peek();
      if (sequence === undefined || this.#isOffline(sequence)) return true;
      while (!state.admit(sequence, chunkMax)) {
        if (running.length === 0) return false;
        const victimIndex = state.leastUrgent();
        if (!this.#isOffline(running[victimIndex]!)) return false;
        state.preempt(victimIndex);
      }
    }
    const next = waiting.peek();
    return next === undefined || this.#isOffline(next);
  }

  #scheduleDecodes(state: StepState): void {
    const decoders = this.#decoders;
    decoders.length = this.#decodesWithin(state);
    for (const sequence of decoders) {
      // It gave way to one before it.
      if (sequence.state !== 'running') continue;
      if (!hasBlocks(state, sequence, sequence.tokens)) continue;
      sequence.scheduledTokens = 1;
      state.budget--;
    }
    for (const sequence of decoders) {
      if (sequence.scheduledTokens === 1) this.#sums.addDecode(sequence.computedTokens);
    }
  }

  /** How many of the decoders, from the first on, the step has time and tokens for. */
  #decodesWithin(state: StepState): number {
    const decoders = this.#decoders;
    const tokensMax = Math.min(decoders.length, state.budget);
    return this.#largestWithin(tokensMax, (count) => {
      const trial = this.#trial;
      trial.copy(this.#sums);
      for (let index = 0; index < count; index++) trial.addDecode(decoders[index]!.computedTokens);
      return this.#timeMs(state);
    });
  }

  #schedulePrefill(state: StepState): void {
    for (const sequence of this.#prefillers) {
      if (state.budget === 0) return;
      // It gave way to one before it.
      if (sequence.state !== 'running') continue;
      const tokens = this.#chunkWithin(state, sequence, sequence.computedTokens);
      if (tokens === 0) return;
      if (!hasBlocks(state, sequence, sequence.computedTokens + tokens)) continue;
      sequence.scheduledTokens = tokens;
      state.budget -= tokens;
      this.#sums.add(sequence, tokens);
    }
  }

  #admitOffline(state: StepState): void {
    while (state.budget > 0 && state.hasSlot) {
      const sequence = state.waiting.peek();
      if (sequence === undefined) return;
      const startTokens = Math.max(state.kv.findPrefix(sequence), sequence.swappedTokens);
      const tokens = this.#chunkWithin(state, sequence, startTokens);
      if (tokens === 0 || !state.admit(sequence, tokens)) return;
      this.#sums.add(sequence, tokens);
    }
  }

  /** The longest chunk of the request, computed from `startTokens` on, that the step has time and tokens for. */
  #chunkWithin(state: StepState, sequence: Sequence, startTokens: number): number {
    const tokensMax = Math.min(sequence.tokens - startTokens, state.budget);
    return this.#largestWithin(tokensMax, (tokens) => {
      const trial = this.#trial;
      trial.copy(this.#sums);
      if (sequence.generatedTokens > 0 && sequence.tokens - startTokens === 1) trial.addDecode(startTokens);
      else trial.addPrefill(tokens, startTokens);
      return this.#timeMs(state);
    });
  }

  #timeMs(state: StepState): number {
    return stepTimeMs(this.#costs, this.#trial) + state.restoredTokens * this.#restoreMsPerToken;
  }

  /**
   * The largest number up to `max` whose time is within the limit. Time never falls as the number grows. An engine without
   * interactive requests always goes on, if only by one.
   */
  #largestWithin(max: number, timeMs: (count: number) => number): number {
    if (max === 0 || this.#limitMs === Infinity || timeMs(max) <= this.#limitMs) return max;
    let fits = 0;
    let exceeds = max;
    while (exceeds - fits > 1) {
      const middle = (fits + exceeds) >> 1;
      if (timeMs(middle) <= this.#limitMs) fits = middle;
      else exceeds = middle;
    }
    return fits === 0 && this.#isIdle && this.#sums.tokens === 0 ? 1 : fits;
  }
}

function hasBlocks(state: StepState, sequence: Sequence, endTokens: number): boolean {
  return endTokens <= sequence.quietTokens || state.makeBlocks(sequence, endTokens);
}
