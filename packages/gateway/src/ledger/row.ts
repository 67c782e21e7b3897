import type { Rung, Tier } from '@offpeak/core';
import type { DialectName, Operation } from '@offpeak/dialects';

/**
 * - `refused`: turned away before it ran; costs nothing.
 * - `failed`: it ran and no whole answer came of it.
 * - `cancelled`: the client went away.
 */
export type Outcome = 'completed' | 'refused' | 'failed' | 'cancelled';

/** One request in the ledger: exactly one row each, written when its story is over. */
export interface LedgerRow {
  /** The request id; unique. */
  readonly id: string;
  /** When it arrived, ms since 1970. */
  readonly at: number;
  readonly project: string;
  /** Absent in open mode. */
  readonly keyId: string | undefined;
  readonly dialect: DialectName;
  readonly operation: Operation;
  /** As the client named it. */
  readonly model: string;
  /** Absent when it never reached one. With several runs: the last. */
  readonly upstream: string | undefined;
  readonly upstreamModel: string | undefined;
  /** `auto` where the client left the choice to the gateway. */
  readonly requestedTier: Tier | 'auto';
  /** For a refused request, the last tier that it was refused at. */
  readonly servedTier: Tier;
  readonly why: Rung['why'];
  /** False where a provider was asked for the tier and did not say which it served. */
  readonly tierVerified: boolean;
  readonly outcome: Outcome;
  /** The HTTP status that the client got; 499 when it left before one was sent. */
  readonly status: number;
  readonly stream: boolean;
  /** All of the prompt, cached included. */
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  /** All of the answer, reasoning included. */
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Of the prompt: written into a cache that charges for it. */
  readonly cacheWriteTokens: number;
  /** Generated and thrown away: an eviction that had to start again. Never billed. */
  readonly wastedTokens: number;
  /** In queues, over all its waits. */
  readonly waitMs: number;
  /** From arrival to the first token; absent when there was none. */
  readonly ttftMs: number | undefined;
  readonly durationMs: number;
  readonly evictions: number;
  /** Whole nanodollars. */
  readonly costNanoUsd: number;
  /** False where a provider may have charged more than `costNanoUsd`. */
  readonly costComplete: boolean;
  /** What the same tokens would have cost as standard; 0 when refused. */
  readonly standardCostNanoUsd: number;
}
