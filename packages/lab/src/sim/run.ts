import { EngineLoop, PROFILES, type ProfileName } from '@offpeak/engine';
import { RunCollector, type RequestOutcome, type Slo } from '../measure/run-collector.ts';
import type { PolicyName } from '../policies/names.ts';
import { policyOf } from '../policies/policies.ts';
import type { ModelError, TierReports, TimeSeries } from '../report.ts';
import { EndlessFlex } from '../workload/endless.ts';
import { Random } from '../workload/random.ts';
import type { Lengths, Workload } from '../workload/workload.ts';
import { EngineProcess } from './engine-process.ts';
import { House } from './house.ts';
import {
  ENDLESS_PATIENCE_MS,
  USUAL_SURROUNDINGS,
  type HouseOptions,
  type Mishap,
  type Surroundings,
} from './house-options.ts';

export interface RunOptions {
  readonly workload: Workload;
  readonly endlessFlex: boolean;
  readonly flexLengths?: Lengths;
  readonly policy: PolicyName;
  readonly profile: ProfileName;
  readonly engines: number;
  readonly seed: number;
  readonly slo: Slo;
  readonly flexShare?: number;
  readonly modelBias?: number;
  /** Of the policies `static` and `fcfs`: flex requests in flight per engine. */
  readonly flexInFlightMax?: number;
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly surroundings?: Partial<Surroundings>;
  readonly mishaps?: readonly Mishap[];
  /** What the gateway is told of each engine's slots; default: nothing, it finds out. */
  readonly slots?: number | 'auto';
  readonly onEvent?: HouseOptions['onEvent'];
  /** Told of each request's end. */
  readonly onOutcome?: (outcome: RequestOutcome) => void;
  readonly onProgress?: (share: number) => void;
}

export interface RunResult {
  readonly tiers: TierReports;
  readonly series: TimeSeries;
  /** Prompt and answer tokens of flex and batch that were won, per second of the measured span. */
  readonly flexTokensPerSecond: number;
  readonly interactiveTokensPerSecond: number;
  /** Prompt and answer tokens that engines computed for flex and batch, those that reached nobody included. */
  readonly flexTokensComputed: number;
  readonly flexTokensLostShare: number;
  readonly evictions: number;
  readonly steps: number;
  readonly events: number;
  readonly modelError: ModelError | null;
}

/** vLLM's settings on a GPU of this size. */
export const MAX_NUM_SEQS = 256;
const MAX_NUM_BATCHED_TOKENS = 2_048;
const PATIENCE_MS = { priority: 30_000, standard: 60_000, flex: ENDLESS_PATIENCE_MS, batch: ENDLESS_PATIENCE_MS };
/** After the last arrival interactive requests may take so long to be answered. */
const DRAIN_MS = 120_000;
const FLEX_WAITING_PER_ENGINE = 4;

/** One workload under one policy. */
export function runOnce(options: RunOptions): RunResult {
  const { profile, engines, seed, slo, flexShare, warmUpMs, durationMs, onProgress, onEvent } = options;
  const { costs, kvTokens } = PROFILES[profile];
  const policy = policyOf(options.policy, {
    slo,
    maxNumSeqs: MAX_NUM_SEQS,
    ...(flexShare === undefined ? {} : { flexShare }),
    ...(options.modelBias === undefined ? {} : { modelBias: options.modelBias }),
    ...(options.flexInFlightMax === undefined ? {} : { flexInFlightMax: options.flexInFlightMax }),
  });
  const newLoop = (): EngineLoop =>
    new EngineLoop({
      costs,
      kvTokens,
      maxNumSeqs: MAX_NUM_SEQS,
      maxNumBatchedTokens: MAX_NUM_BATCHED_TOKENS,
      longPrefillTokenThreshold: MAX_NUM_BATCHED_TOKENS,
      prefixCache: true,
      // The oracle puts its steps together from what it sees at their beginning.
      asyncScheduling: policy.coServing === undefined,
      ...(policy.engineQueue === undefined ? {} : { schedulingPolicy: policy.engineQueue }),
      ...(policy.coServing === undefined ? {} : { coServing: policy.coServing }),
    });
  const collector = new RunCollector({ durationMs, slo, measureFromMs: warmUpMs, measureToMs: durationMs });
  const house = new House({
    workload: options.workload,
    endlessFlex: options.endlessFlex
      ? new EndlessFlex({ seed, ...(options.flexLengths === undefined ? {} : { lengths: options.flexLengths }) })
      : null,
    flexWaiting: FLEX_WAITING_PER_ENGINE,
    engines: Array.from({ length: engines }, (_, index) => new EngineProcess(`engine-${String(index)}`, newLoop())),
    spec: { slots: options.slots ?? 'auto', kvTokens },
    scheduler: policy.scheduler,
    enginePriority: policy.enginePriority,
    patienceMs: (tier) => PATIENCE_MS[tier],
    newLoop,
    collector,
    random: new Random(seed, NETWORK_STREAM),
    surroundings: { ...USUAL_SURROUNDINGS, ...options.surroundings },
    mishaps: options.mishaps ?? [],
    durationMs,
    warmUpMs,
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(options.onOutcome === undefined ? {} : { onOutcome: options.onOutcome }),
    ...(onProgress === undefined ? {} : { onProgress: (atMs: number) => onProgress(Math.min(1, atMs / durationMs)) }),
  });
  house.run(DRAIN_MS);
  const seconds = (durationMs - warmUpMs) / 1_000;
  const { books } = house;
  return {
    tiers: collector.tiers(),
    series: collector.series(),
    flexTokensPerSecond: (collector.tokensComputed('flex') + collector.tokensComputed('batch')) / seconds,
    interactiveTokensPerSecond: (collector.tokensComputed('priority') + collector.tokensComputed('standard')) / seconds,
    flexTokensComputed: books.flexComputed,
    flexTokensLostShare: books.flexComputed === 0 ? 0 : Math.max(0, books.flexLost) / books.flexComputed,
    evictions: collector.evictions,
    steps: house.steps,
    events: house.events,
    modelError: house.predictions.report(),
  };
}

/** Apart from what workloads draw. */
const NETWORK_STREAM = 31;
