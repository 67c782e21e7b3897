/** A request as the loop takes it. */
export interface LoopRequest {
  readonly id: string;
  /** vLLM's polarity: lower is more urgent. */
  readonly priority: number;
  readonly arrivalMs: number;
  readonly promptTokens: number;
  /** The answer ends after this many tokens, at least 1. */
  readonly outputTokens: number;
  /**
   * Names the content of all tokens through the end of block `index`, prompt and answer; equal keys mean equal
   * content. Called only for blocks whose tokens are all known. Without it the request neither hits nor fills the prefix cache.
   */
  readonly blockKey?: (index: number) => number;
  /** How many leading blocks have keys; absent: all. The others cost nothing to keep, because they are only counted. */
  readonly keyedBlocks?: number;
}

/** What others may see of a request in the loop. */
export interface SequenceView {
  readonly request: LoopRequest;
  readonly state: SequenceState;
  /** Answer tokens so far. */
  readonly generatedTokens: number;
  /** Tokens whose KV it holds, those from the prefix cache included; 0 while it waits. */
  readonly computedTokens: number;
  /** Prompt tokens that the prefix cache saved when the request first ran. */
  readonly cachedTokens: number;
  readonly preemptions: number;
}

/**
 * waiting  in the heap or on its way there, holds no blocks. Left by admission or abort.
 * running  in the running list, holds blocks for its computed tokens. Left by finish, abort, or preemption, which
 *          gives the blocks back and goes to waiting with every token to be computed again, unless they were swapped out.
 * finished, aborted  out of the loop, holds nothing from the next step on.
 */
export type SequenceState = 'waiting' | 'running' | 'finished' | 'aborted';

/** The loop's own record of a request. Only the loop, its planners, its heap and its KV cache write to it. */
export class Sequence implements SequenceView {
  // The first six are all that most steps touch. They lie together in memory, and start as the small integers that they stay.
  generatedTokens = 0;
  /** Tokens whose KV is in the held blocks. */
  computedTokens = 0;
  /** Tokens of the step that is being put together. */
  scheduledTokens = 0;
  /** A sequence that grows to this many tokens or less needs no block and offers none to the prefix cache. */
  quietTokens = 0;
  readonly promptTokens: number = 0;
  readonly outputTokens: number = 0;
  state: SequenceState = 'waiting';
  readonly request: LoopRequest;
  /** What the queue is ordered by, lower first: then arrival, then order. */
  readonly priority: number;
  readonly arrivalMs: number;
  /** Order of arrival in the loop; breaks ties between equal arrival times. */
  readonly order: number;
  /** Place in the waiting heap; -1 outside of it. */
  heapIndex = -1;
  /** Leading blocks that have keys; 0 where there is no prefix cache. */
  readonly keyedBlocks: number;
  /** The leading blocks, those with keys; behind them there are `countedBlocks` more. */
  readonly blocks: number[] = [];
  countedBlocks = 0;
  /** Leading blocks that were offered to the prefix cache. */
  rememberedBlocks = 0;
  cachedTokens = 0;
  /** Computed tokens that were moved out of the KV cache and come back without being computed. */
  swappedTokens = 0;
  preemptions = 0;
  admittedOnce = false;

  constructor(request: LoopRequest, order: number, rules: SequenceRules = rulesDefault) {
    const inOrder = rules.schedulingPolicy === 'fcfs';
    this.request = request;
    this.promptTokens = request.promptTokens;
    this.outputTokens = request.outputTokens;
    this.priority = inOrder ? 0 : request.priority;
    this.arrivalMs = inOrder ? 0 : request.arrivalMs;
    this.order = order;
    this.keyedBlocks = rules.prefixCache && request.blockKey !== undefined ? (request.keyedBlocks ?? allBlocks) : 0;
  }

  /** All tokens that are known: prompt and answer so far. One decode step computes the last of them. */
  get tokens(): number {
    return this.promptTokens + this.generatedTokens;
  }

  get heldBlocks(): number {
    return this.blocks.length + this.countedBlocks;
  }

  /** What has to be computed before the next token of the answer. */
  get remainingTokens(): number {
    return this.promptTokens + this.generatedTokens - this.computedTokens;
  }

  /** True where its next step is one token of the answer. */
  get isDecoding(): boolean {
    return this.generatedTokens > 0 && this.remainingTokens === 1;
  }
}

/** More blocks than any cache has. */
const allBlocks = 2 ** 30;

const rulesDefault: SequenceRules = { prefixCache: true, schedulingPolicy: 'priority' };

export interface SequenceRules {
  readonly prefixCache: boolean;
  readonly schedulingPolicy: 'fcfs' | 'priority';
}

/** Negative when `a` goes before `b`: by priority, then arrival. */
export function compareUrgency(a: Sequence, b: Sequence): number {
  return a.priority - b.priority || a.arrivalMs - b.arrivalMs || a.order - b.order;
}
