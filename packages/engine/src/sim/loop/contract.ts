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
}

/** One step. The lists are the loop's own and hold until the next call of `step`. */
export interface StepOutcome {
  readonly startMs: number;
  readonly durationMs: number;
  /** Each of these got exactly one more token, at `startMs + durationMs`. */
  readonly emitted: readonly SequenceView[];
  /** The part of `emitted` whose token was its last. */
  readonly finished: readonly SequenceView[];
  /** Lost their blocks to more urgent requests and wait again. */
  readonly preempted: readonly SequenceView[];
  readonly prefillTokens: number;
  readonly decodeStreams: number;
}

export interface LoopCounters {
  preemptions: number;
  prefillTokens: number;
  generatedTokens: number;
  /** Prompt tokens looked up in the prefix cache, and those found there. */
  prefixQueryTokens: number;
  prefixHitTokens: number;
}
