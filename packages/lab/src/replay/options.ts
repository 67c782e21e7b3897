import type { Lengths, Workload } from '../workload/workload.ts';

export interface ReplayOptions {
  /** As an SDK wants it, version included: `http://127.0.0.1:8787/v1`. */
  readonly baseUrl: string;
  /** Absent: the first that the server names. */
  readonly model?: string;
  readonly apiKey?: string;
  /** Arrivals are kept whatever the answers do. Requests without a tier are sent as standard. */
  readonly workload: Workload;
  /** Never-ending flex requests beside it, or none. */
  readonly flex: 'endless' | null;
  /** How many of them are kept in flight; default 32. */
  readonly flexConcurrency?: number;
  /** Their sizes; absent: those of the workload's own requests. */
  readonly flexLengths?: Lengths;
  /** First the same traffic without flex and batch, to compare with. */
  readonly alone?: boolean;
  /** First flex alone, for that long: the ceiling that harvest is a share of. */
  readonly ceilingMs?: number;
  /** Requests that are sent before are not measured. */
  readonly warmUpMs?: number;
  /** Asks the engine, in vLLM's words `ignore_eos` and `min_tokens`, for answers of exactly the workload's length. */
  readonly exactLengths?: boolean;
  readonly slo: { readonly ttftMs: number; readonly tpotMs: number };
  readonly seed: number;
  readonly limits?: Partial<ReplayLimits>;
  /** Stops the replay; what was measured until then is reported. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ReplayProgress) => void;
}

export interface ReplayLimits {
  /** Requests in flight at most, flex included; a request that would be one more is left out, and counted. */
  readonly inFlightMax: number;
  /** How long one request may take, waiting included. */
  readonly requestMsMax: number;
  /** How long requests in flight are waited for after the last one was sent. */
  readonly drainMsMax: number;
  /** A replay of which more than one request in a hundred leaves later than this did not do what the workload says. */
  readonly latenessMsMax: number;
}

export const REPLAY_LIMITS: ReplayLimits = {
  inFlightMax: 1024,
  requestMsMax: 600_000,
  drainMsMax: 120_000,
  latenessMsMax: 50,
};

export const FLEX_CONCURRENCY = 32;

/** `ceiling`: flex alone; `alone`: everything but flex; `together`: what was asked for. */
export type PhaseName = 'ceiling' | 'alone' | 'together';

export interface ReplayProgress {
  readonly phase: PhaseName;
  /** Of all phases. */
  readonly share: number;
  readonly sent: number;
  readonly inFlight: number;
  readonly completed: number;
  readonly refused: number;
  readonly failed: number;
}
