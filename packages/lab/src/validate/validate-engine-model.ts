import { EngineLoop, PROFILES, type ProfileName } from '@offpeak/engine';
import { WorkloadProblem } from '../workload/problem.ts';
import { compare, meanOf, type Comparison } from './comparison.ts';
import { layerErrors, type LayerErrors } from './layer-profiles.ts';
import { readRun, type RecordedRequest } from './recorded-run.ts';
import { replayRun } from './replay-run.ts';

export interface ValidationOptions {
  /** Default: the profile of the engine that was recorded. */
  readonly profile?: ProfileName;
  /** As the recorded engine did by default; false shows what that is worth. */
  readonly asyncScheduling?: boolean;
}

export interface Agreement {
  readonly requests: number;
  readonly ttftMs: Comparison;
  readonly tpotMs: Comparison;
}

/** What a recorded engine measured beside what its model says of the same requests. */
export interface EngineModelValidation extends Agreement {
  readonly run: string;
  readonly profile: ProfileName;
  /** The first half of the requests, whose steps the profile's fixed terms were fitted to, and the second, which was not looked at. */
  readonly fitted: Agreement;
  readonly heldOut: Agreement;
  /** Requests that found a free slot: no queue hides what single steps take. */
  readonly unqueued: Agreement;
  /** Mean distance between how many ran and waited, and the most that there were. */
  readonly concurrency: {
    readonly running: { readonly meanDistance: number; readonly most: number };
    readonly waiting: { readonly meanDistance: number; readonly most: number };
  };
  readonly layers: LayerErrors;
}

/** Replays the run that the folder holds through the simulated engine's loop. Deterministic: there is no wall clock in it. */
export async function validateEngineModel(
  folder: string,
  { profile = 'rtx-pro-6000-8b', asyncScheduling = true }: ValidationOptions = {},
): Promise<EngineModelValidation> {
  const run = await readRun(folder);
  const { costs, kvTokens } = PROFILES[profile];
  if (costs.form !== 'closed') {
    throw new WorkloadProblem(`the profile ${profile} is a table; expected one in closed form, to compare with layers`);
  }
  const { maxNumSeqs, maxNumBatchedTokens } = run;
  const simulated = replayRun(
    run,
    new EngineLoop({
      costs,
      kvTokens,
      maxNumSeqs,
      maxNumBatchedTokens,
      longPrefillTokenThreshold: Infinity,
      // Nobody recorded what the prompts had in common.
      prefixCache: false,
      asyncScheduling,
    }),
  );
  const agreement = (from: number, to: number): Agreement =>
    agreementOf(run.requests.slice(from, to), simulated.requests.slice(from, to));
  const half = Math.floor(run.requests.length / 2);
  const distance = (of: 'running' | 'waiting'): { meanDistance: number; most: number } => ({
    meanDistance: meanOf(run.series.map((seen, index) => Math.abs(seen[of] - simulated.series[index]![of]))),
    most: Math.max(...run.series.map((seen) => seen[of])),
  });
  return {
    run: run.title,
    profile,
    ...agreement(0, run.requests.length),
    fitted: agreement(0, half),
    heldOut: agreement(half, run.requests.length),
    unqueued: agreement(0, maxNumSeqs),
    concurrency: { running: distance('running'), waiting: distance('waiting') },
    layers: await layerErrors(run, costs),
  };
}

function agreementOf(
  measured: readonly RecordedRequest[],
  simulated: readonly { readonly ttftMs: number; readonly tpotMs: number }[],
): Agreement {
  const of = (name: 'ttftMs' | 'tpotMs'): Comparison =>
    compare(
      measured.map((request) => request[name]),
      simulated.map((request) => request[name]),
    );
  return { requests: measured.length, ttftMs: of('ttftMs'), tpotMs: of('tpotMs') };
}
