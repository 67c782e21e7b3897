import type { Decision, SchedulerEvent, SchedulerOptions, Tier } from '@offpeak/core';
import type { RequestOutcome, RunCollector } from '../measure/run-collector.ts';
import type { EndlessFlex } from '../workload/endless.ts';
import type { Random } from '../workload/random.ts';
import type { Workload } from '../workload/workload.ts';
import type { EngineProcess } from './engine-process.ts';

/** What takes time between the gateway and its engines, and what the gateway sees of them beyond its streams. */
export interface Surroundings {
  /** One way, and how much more at random. */
  readonly networkMs: number;
  readonly jitterMs: number;
  /** Metrics are read so often; null: the engines have none. */
  readonly scrapeEveryMs: number | null;
  /** How old a reading is when it arrives. */
  readonly scrapeDelayMs: number;
}

export const USUAL_SURROUNDINGS: Surroundings = {
  networkMs: 0.5,
  jitterMs: 0.2,
  scrapeEveryMs: 1_000,
  scrapeDelayMs: 20,
};

/** Something that goes wrong with an engine. */
export type Mishap =
  /** Gone with all that it was computing, and back, empty, after `forMs`. */
  | { readonly kind: 'lost'; readonly engine: number; readonly atMs: number; readonly forMs: number }
  /** Every step takes `factor` times as long. */
  | {
      readonly kind: 'slow';
      readonly engine: number;
      readonly atMs: number;
      readonly forMs: number;
      readonly factor: number;
    }
  /** Its metrics stop; its streams go on. */
  | { readonly kind: 'unread'; readonly engine: number; readonly atMs: number; readonly forMs: number };

export interface HouseOptions {
  readonly workload: Workload;
  readonly endlessFlex: EndlessFlex | null;
  /** How many endless flex requests wait at any time, per engine. */
  readonly flexWaiting: number;
  readonly engines: readonly EngineProcess[];
  readonly spec: { readonly slots: number | 'auto'; readonly kvTokens?: number };
  readonly scheduler: Omit<SchedulerOptions, 'gate'>;
  /** vLLM's priority of a tier: lower goes first. */
  readonly enginePriority: (tier: Tier) => number;
  readonly patienceMs: (tier: Tier) => number;
  readonly newLoop: () => EngineProcess['loop'];
  readonly collector: RunCollector;
  readonly random: Random;
  readonly surroundings: Surroundings;
  readonly mishaps: readonly Mishap[];
  readonly durationMs: number;
  readonly warmUpMs: number;
  /** Told of each event as it is handled, for logs and tests. */
  readonly onEvent?: (event: SchedulerEvent, decisions: readonly Decision[]) => void;
  readonly onOutcome?: (outcome: RequestOutcome) => void;
  readonly onProgress?: (atMs: number) => void;
}

/** Longer than any run: endless flex waits as long as it must. */
export const ENDLESS_PATIENCE_MS: number = 1_000 * 3_600_000;
