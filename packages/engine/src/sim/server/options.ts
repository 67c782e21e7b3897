import type { FaultPlan } from '../../server/faults.ts';
import type { ProfileName } from '../model/profiles.ts';

export interface SimEngineOptions {
  readonly host?: string;
  /** 0 picks a free port. */
  readonly port?: number;
  readonly profile?: ProfileName;
  /** The name that the engine serves its model under. */
  readonly model?: string;
  /** The model's time per wall time; Infinity does not wait at all. */
  readonly speed?: number;
  readonly maxNumSeqs?: number;
  readonly maxNumBatchedTokens?: number;
  /** KV cache size, where it is not the profile's. */
  readonly kvTokens?: number;
  /** Longest prefill chunk of one request in one step; by default bounded by the step's budget alone. */
  readonly longPrefillTokenThreshold?: number;
  /** Where set, the `/v1` paths want it as a bearer token. */
  readonly apiKey?: string;
  readonly faults?: FaultPlan;
}

export interface SimEngineStats {
  readonly runningRequests: number;
  readonly waitingRequests: number;
  readonly kvBlocks: number;
  readonly freeBlocks: number;
  /** Counted since the start. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly prefixHitTokens: number;
  readonly preemptions: number;
  readonly finishedRequests: number;
  readonly abortedRequests: number;
  /** Generation requests that reached the engine, refused ones included. */
  readonly receivedRequests: number;
  /** How far the process is behind the model. */
  readonly lagMs: number;
}

export interface SimEngine {
  readonly url: string;
  readonly port: number;
  readonly faults: FaultPlan;
  stats(): SimEngineStats;
  /** Cuts every connection and frees the port. */
  close(): Promise<void>;
}
