import type { StepCosts } from '../model/profile.ts';
import type { SequenceView } from './sequence.ts';

export interface EngineLoopOptions {
  readonly costs: StepCosts;
  readonly kvTokens: number;
  readonly maxNumSeqs: number;
  /** Token budget of one step. */
  readonly maxNumBatchedTokens: number;
  /** Longest prefill chunk of one request in one step. */
  readonly longPrefillTokenThreshold: number;
  readonly prefixCache: boolean;
  /** `fcfs`, vLLM's own default, never looks at priorities. Default `priority`. */
  readonly schedulingPolicy?: 'fcfs' | 'priority';
  /**
   * Who may take a running request's place. `vllm`, the default: only running requests, when they find no block. `sglang`: also a
   * waiting request that is more urgent by more than `preemptionThreshold`.
   */
  readonly preemption?: 'vllm' | 'sglang';
  /** Default 10, SGLang's. */
  readonly preemptionThreshold?: number;
  /**
   * The next step is put together while one runs, as vLLM does by default since 0.14: an arrival waits for the end of the running step
   * and of the one after it, and what a finished request held is free one step later. Default false: between steps.
   */
  readonly asyncScheduling?: boolean;
  /** An oracle in place of vLLM's scheduler; not together with `fcfs` or `sglang`. */
  readonly coServing?: CoServingOptions;
}

/** A scheduler inside the engine that fills what interactive requests leave of a step with offline ones, and knows every step's time exactly. */
export interface CoServingOptions {
  /** Requests of this priority and above are offline, all others interactive. */
  readonly offlinePriority: number;
  /** Offline work is added to a step up to this predicted time while an interactive request is in the engine. */
  readonly stepBudgetMs: number;
  /** The same while there is none. Default: no bound but the step's token budget. */
  readonly idleStepBudgetMs?: number;
  /** What a token of a preempted offline request costs to bring back into the KV cache. Default 0. */
  readonly restoreMsPerToken?: number;
}

/** One step. It and its lists are the loop's own and hold until the next call of `step`. */
export interface StepOutcome {
  readonly startMs: number;
  readonly durationMs: number;
  /** Each of these got exactly one more token, at `startMs + durationMs`. */
  readonly emitted: readonly SequenceView[];
  /** The part of `emitted` whose token was the first of this request. */
  readonly firstTokens: readonly SequenceView[];
  /** The part of `emitted` whose token was its last. */
  readonly finished: readonly SequenceView[];
  /** Lost their blocks to other requests and wait again. */
  readonly preempted: readonly SequenceView[];
  readonly prefillTokens: number;
  readonly decodeStreams: number;
  /** Sum of the decode streams' contexts. */
  readonly contextTokens: number;
}

export interface LoopCounters {
  preemptions: number;
  prefillTokens: number;
  generatedTokens: number;
  /** Prompt tokens looked up in the prefix cache, and those found there. */
  prefixQueryTokens: number;
  prefixHitTokens: number;
}
