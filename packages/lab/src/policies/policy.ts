import type { SchedulerOptions, Tier } from '@offpeak/core';
import type { CoServingOptions } from '@offpeak/engine';

/** What a policy is told about the house that it runs in. */
export interface PolicySetting {
  readonly slo: { readonly ttftMs: number; readonly tpotMs: number };
  /** The engine's own bound on running requests. */
  readonly maxNumSeqs: number;
  readonly flexShare?: number;
  /** Makes the shadow models wrong: every gap between tokens is told to them as that many times as long. */
  readonly modelBias?: number;
  /** Flex requests in flight per engine: the limit of `static`, and of `fcfs` where clients send no more at once. */
  readonly flexInFlightMax?: number;
}

/** A way to share engines between tiers: the production scheduler with its parts exchanged, and how the engines are set up. */
export interface LabPolicy {
  readonly scheduler: Omit<SchedulerOptions, 'gate'>;
  /** The engine's priority of a tier, lower first; the same for all where the engine is not told. */
  readonly enginePriority: (tier: Tier) => number;
  /** A scheduler inside the engine in place of its own. */
  readonly coServing?: CoServingOptions;
  /** The engine's own order of waiting requests; default by priority. */
  readonly engineQueue?: 'fcfs';
}
