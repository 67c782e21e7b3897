import type { StepCosts } from '../model/profile.ts';
import { attentionPairs } from '../model/step-time.ts';
import type { StepBatch } from '../model/step-time.ts';
import type { Sequence } from './sequence.ts';

/** A step's sums while it is put together. */
export class BatchSums implements StepBatch {
  readonly #costs: StepCosts;
  tokens = 0;
  prefillTokens = 0;
  prefillPairs = 0;
  decodeStreams = 0;
  contextTokens = 0;
  contextTokensMax = 0;

  constructor(costs: StepCosts) {
    this.#costs = costs;
  }

  clear(): void {
    this.tokens = 0;
    this.prefillTokens = 0;
    this.prefillPairs = 0;
    this.decodeStreams = 0;
    this.contextTokens = 0;
    this.contextTokensMax = 0;
  }

  copy(other: BatchSums): void {
    this.tokens = other.tokens;
    this.prefillTokens = other.prefillTokens;
    this.prefillPairs = other.prefillPairs;
    this.decodeStreams = other.decodeStreams;
    this.contextTokens = other.contextTokens;
    this.contextTokensMax = other.contextTokensMax;
  }

  /** Counts a request with this many of its tokens. */
  add(sequence: Sequence, tokens: number): void {
    if (sequence.isDecoding) this.addDecode(sequence.computedTokens);
    else this.addPrefill(tokens, sequence.computedTokens);
  }

  addDecode(contextTokens: number): void {
    this.tokens++;
    this.decodeStreams++;
    this.contextTokens += contextTokens;
    if (contextTokens > this.contextTokensMax) this.contextTokensMax = contextTokens;
  }

  /** The same for several, of whose contexts only the sum and the longest are known. */
  addDecodes(streams: number, contextTokens: number, contextTokensMax: number): void {
    this.tokens += streams;
    this.decodeStreams += streams;
    this.contextTokens += contextTokens;
    this.contextTokensMax = Math.max(this.contextTokensMax, contextTokensMax);
  }

  addPrefill(tokens: number, contextTokens: number): void {
    this.tokens += tokens;
    this.prefillTokens += tokens;
    this.prefillPairs += attentionPairs(this.#costs, tokens, contextTokens);
  }
}
