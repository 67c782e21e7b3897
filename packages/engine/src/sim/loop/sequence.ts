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
}

/** What others may see of a request in the loop. */
export interface SequenceView {
  readonly request: LoopRequest;
  readonly state: SequenceState;
  /** Answer tokens so far. */
  readonly generatedTokens: number;
  /** Prompt tokens that the prefix cache saved when the request first ran. */
  readonly cachedTokens: number;
  readonly preemptions: number;
}

/**
 * waiting  in the heap, holds no blocks. Left by admission or abort.
 * running  in the running list, holds blocks for its computed tokens. Left by finish, abort, or preemption, which
 *          gives the blocks back and goes to waiting with every token to be computed again.
 * finished, aborted  out of the loop, holds nothing.
 */
export type SequenceState = 'waiting' | 'running' | 'finished' | 'aborted';

/** The loop's own record of a request. Only the loop and its heap write to it. */
export class Sequence implements SequenceView {
  readonly request: LoopRequest;
  /** Order of arrival in the loop; breaks ties between equal arrival times. */
  readonly order: number;
  state: SequenceState = 'waiting';
  generatedTokens = 0;
  /** Tokens whose KV is in the held blocks. */
  computedTokens = 0;
  /** Tokens of the step that is being put together. */
  scheduledTokens = 0;
  cachedTokens = 0;
  preemptions = 0;
  admittedOnce = false;
  /** Place in the waiting heap; -1 outside of it. */
  heapIndex = -1;
  readonly blocks: number[] = [];
  /** Leading blocks that were offered to the prefix cache. */
  rememberedBlocks = 0;

  constructor(request: LoopRequest, order: number) {
    this.request = request;
    this.order = order;
  }

  /** All tokens that are known: prompt and answer so far. One decode step computes the last of them. */
  get tokens(): number {
    return this.request.promptTokens + this.generatedTokens;
  }
}

/** Negative when `a` goes before `b`: by priority, then arrival. */
export function compareUrgency(a: Sequence, b: Sequence): number {
  return a.request.priority - b.request.priority || a.request.arrivalMs - b.request.arrivalMs || a.order - b.order;
}
