import { isEvictable } from '@offpeak/core';
import type { Harvest, LabReport } from '../report.ts';
import type { Workload } from '../workload/workload.ts';
import { merge } from '../workload/overlay.ts';
import { ceilingOf, lengthsOf } from './capacity.ts';
import type { SimulateOptions } from './options.ts';
import { runOnce, type RunResult } from './run.ts';

/** Engines start empty; a tenth of the run fills them, but never more than this. */
const WARM_UP = { share: 0.1, maxMs: 60_000 } as const;

/** Runs a workload under a policy and, unless told otherwise, what it is to be compared with. */
export function simulate(options: SimulateOptions): LabReport {
  const { workload, flex, policy, profile, engines, seed, slo, flexLengths, references = true } = options;
  const { durationMs } = workload;
  const warmUpMs = options.warmUpMs ?? Math.min(WARM_UP.maxMs, WARM_UP.share * durationMs);
  const base = {
    profile,
    engines,
    seed,
    slo,
    warmUpMs,
    durationMs,
    ...(flexLengths === undefined ? {} : { flexLengths }),
    ...(options.flexShare === undefined ? {} : { flexShare: options.flexShare }),
  };
  const together = flex === null || flex === 'endless' ? workload : merge(workload, asFlex(flex));
  const endlessFlex = flex === 'endless';
  const runs = !references || flex === null ? 1 : policy === 'oracle' ? 2 : 3;
  let run = 0;
  const step = (): { onProgress?: (share: number) => void } => {
    const before = run;
    run += 1;
    return options.onProgress === undefined
      ? {}
      : { onProgress: (share) => options.onProgress!((before + share) / runs) };
  };

  const result = runOnce({ ...base, workload: together, endlessFlex, policy, ...step() });
  const alone = runs === 1 ? null : runOnce({ ...base, workload, endlessFlex: false, policy, ...step() });
  const oracle =
    runs === 3 ? runOnce({ ...base, workload: together, endlessFlex, policy: 'oracle', ...step() }) : result;
  const harvest = runs === 1 ? { h1: null, h2: null, oracleShare: null } : harvestOf(options, result, oracle, warmUpMs);
  return {
    simulated: true,
    workload: workload.source,
    policy,
    profile,
    engines,
    seed,
    durationMs,
    load: interactiveLoad(options, warmUpMs),
    slo,
    tiers: result.tiers,
    harvest,
    flexTokensLostShare: result.flexTokensLostShare,
    evictions: result.evictions,
    alone: alone?.tiers ?? {},
    modelError: result.modelError,
    series: result.series,
  };
}

function asFlex(workload: Workload): Workload {
  return { ...workload, requests: workload.requests.map((request) => ({ ...request, tier: request.tier ?? 'flex' })) };
}

function harvestOf(options: SimulateOptions, result: RunResult, oracle: RunResult, warmUpMs: number): Harvest {
  const { profile, engines, slo, seed, flex, flexLengths } = options;
  const lengths = flex === 'endless' || flex === null ? flexLengths : lengthsOf(flex);
  const ceiling = ceilingOf(profile, lengths, slo, seed).tokensPerSecond * engines;
  const h1 = result.flexTokensPerSecond / ceiling;
  const idle = 1 - interactiveLoad(options, warmUpMs);
  return {
    h1,
    h2: idle > 0 ? h1 / idle : null,
    oracleShare: oracle.flexTokensPerSecond === 0 ? null : result.flexTokensPerSecond / oracle.flexTokensPerSecond,
  };
}

/** Interactive requests per second as a share of what the engines would serve of them, if they had nothing else and never too few. */
function interactiveLoad({ workload, profile, engines, slo, seed }: SimulateOptions, warmUpMs: number): number {
  const { durationMs } = workload;
  const requests = workload.requests.filter(
    ({ atMs, tier }) => atMs >= warmUpMs && atMs < durationMs && (tier === undefined || !isEvictable(tier)),
  );
  if (requests.length === 0) return 0;
  const ceiling = ceilingOf(profile, { title: workload.title, pairs: requests }, slo, seed);
  return requests.length / ((durationMs - warmUpMs) / 1_000) / (ceiling.requestsPerSecond * engines);
}
