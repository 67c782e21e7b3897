import type { Tier } from '@offpeak/core';

/** One request of a workload, whoever made it: a trace, a generator, or an overlay over either. */
export interface LabRequest {
  /** From the start of the workload; never decreasing from one request to the next. */
  readonly atMs: number;
  readonly inputTokens: number;
  /** What the answer will have; nobody but the engine knows it before. */
  readonly outputTokens: number;
  /** What the client allows the answer to have. Absent: it does not say. */
  readonly outputTokensMax?: number;
  /** Absent: the tier mix decides. */
  readonly tier?: Tier;
  readonly project?: string;
  /** When a batch request must be done, from the start of the workload. */
  readonly deadlineMs?: number;
  /** Names of the prompt's leading blocks of `prefixBlockTokens` tokens: equal names mean equal content up to there. */
  readonly prefix?: readonly number[];
}

/** Requests with their arrivals. */
export interface Workload {
  readonly title: string;
  /** Where it comes from: a file's format and path, or a generator with its seed. */
  readonly source: string;
  readonly requests: readonly LabRequest[];
  readonly durationMs: number;
  /** What was left out or filled in, in sentences for the report. */
  readonly notes?: readonly string[];
}

/** Sizes of requests without arrivals: what an endless source of flex or a set of batch jobs draws from. */
export interface Lengths {
  readonly title: string;
  readonly pairs: readonly { readonly inputTokens: number; readonly outputTokens: number }[];
}

/** How many tokens one name of `LabRequest.prefix` stands for. */
export const prefixBlockTokens = 512;
