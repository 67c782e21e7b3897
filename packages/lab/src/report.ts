import type { Tier } from '@offpeak/core';

/** In ms. */
export interface Quantiles {
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** How one tier fared. Times are null where nothing was there to measure. */
export interface TierReport {
  readonly requests: number;
  readonly completed: number;
  readonly refused: number;
  readonly failed: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** From arrival at the gateway to the first token at the client, queueing included. */
  readonly ttftMs: Quantiles | null;
  /** (last token - first token) / (tokens - 1) per request of two tokens or more. */
  readonly tpotMs: Quantiles | null;
  /** Share of all requests, refused ones included, within both limits of the SLO; 0..1. */
  readonly sloAttainment: number | null;
}

export type TierReports = Partial<Record<Tier, TierReport>>;

/** One value per `stepMs` from the start; null where nothing was there to measure. */
export interface TimeSeries {
  readonly stepMs: number;
  readonly tiers: Partial<
    Record<
      Tier,
      {
        readonly ttftP50Ms: readonly (number | null)[];
        readonly ttftP99Ms: readonly (number | null)[];
        readonly tpotP50Ms: readonly (number | null)[];
        readonly tpotP99Ms: readonly (number | null)[];
        readonly queueDepth: readonly number[];
        /** Prompt and answer tokens computed per second. */
        readonly tokensPerSecond: readonly number[];
      }
    >
  >;
  readonly evictions: readonly number[];
}

/** What flex and batch won from the idle part. */
export interface Harvest {
  /** Flex throughput as a share of the offline ceiling: flex alone, as much as the engines take. Null where no ceiling was measured. */
  readonly h1: number | null;
  /** The same as a share of the idle part of the ceiling, (1 - u) of it; can exceed 1, because batching together is cheaper. */
  readonly h2: number | null;
  /** As a share of what a scheduler inside the engine wins; null where none was run. */
  readonly oracleShare: number | null;
}

/** Absolute error of the shadow models' predicted step times, as shares of the actual ones. */
export interface ModelError {
  readonly median: number;
  readonly p90: number;
  /** Pairs to plot, a sample of all. */
  readonly sample: readonly { readonly predictedMs: number; readonly actualMs: number }[];
}

/** What one run of `offpeak simulate` or `offpeak replay` found. Times in ms, shares 0..1. */
export interface LabReport {
  /** True for the simulator; false for a replay over HTTP, whatever engine was behind it. */
  readonly simulated: boolean;
  readonly workload: string;
  readonly policy: string;
  /** The engine profile (simulator), or what was replayed against. */
  readonly profile: string;
  readonly engines: number | null;
  readonly seed: number;
  readonly durationMs: number;
  /** Interactive load as a share of what the engines could serve of it; null where unknown. */
  readonly load: number | null;
  readonly slo: { readonly ttftMs: number; readonly tpotMs: number };
  readonly tiers: TierReports;
  readonly harvest: Harvest;
  /** Flex tokens computed that reached nobody, as a share of all that flex computed; null where a replay's server does not say. */
  readonly flexTokensLostShare: number | null;
  /** Null where a replay's server does not say. */
  readonly evictions: number | null;
  /** The same interactive traffic without flex; empty where it was not run. */
  readonly alone: TierReports;
  readonly modelError: ModelError | null;
  readonly series: TimeSeries | null;
  /** Absent for the simulator. */
  readonly replay?: ReplayFacts;
}

/** What only a replay over HTTP finds out: about the server's answers, and about the replay itself. */
export interface ReplayFacts {
  readonly baseUrl: string;
  readonly model: string;
  /** It was stopped before its end; everything told was measured until then. */
  readonly interrupted: boolean;
  /** How long after their time requests left, which is the fault of the machine that replays. */
  readonly latenessMs: Quantiles | null;
  /** Requests left out because as many as allowed were in flight. */
  readonly notSent: number;
  /** False: this machine was late or left requests out, so that the server had it easier than the workload says. */
  readonly keptUp: boolean;
  readonly inFlightPeak: number;
  readonly tiers: Partial<Record<Tier, ReplayTierFacts>>;
}

export interface ReplayTierFacts {
  /** Between one piece of a stream and the next. */
  readonly gapMs: Quantiles | null;
  /** Answers by the tier that they say they were served at; `unsaid` where they do not. */
  readonly served: Readonly<Record<string, number>>;
  /** By status, or by the error's code where the answer had begun. */
  readonly refusals: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;
}
