import { isEvictable } from '@offpeak/core';
import type { PolicyName } from '../policies/names.ts';
import type { LabReport } from '../report.ts';
import { merge } from '../workload/overlay.ts';
import type { Workload } from '../workload/workload.ts';
import { ceilingOf, lengthsOf } from './capacity.ts';
import type { SimulateOptions } from './options.ts';
import { runOnce, type RunOptions, type RunResult } from './run.ts';

/** Engines start empty; a tenth of the run fills them, but never more than this. */
const WARM_UP = { share: 0.1, maxMs: 60_000 } as const;

/** Runs a workload under a policy and, unless told otherwise, what it is to be compared with. */
export function simulate(options: SimulateOptions): LabReport {
  return simulateEach(options, [options.policy])[0]!;
}

/** The same workload under several policies; what they are compared with is run once. */
export function simulateEach(options: Omit<SimulateOptions, 'policy'>, policies: readonly PolicyName[]): LabReport[] {
  const { workload, flex, profile, engines, seed, slo, references = true } = options;
  const warmUpMs = warmUpOf(options);
  const compared = references && flex !== null;
  const progress = new Progress(policies.length + (compared ? 2 : 0), options.onProgress);
  const run = (policy: PolicyName, withFlex: boolean): RunResult =>
    runOnce({ ...runOptionsOf(options, policy, withFlex), ...progress.next() });

  // Without flex every policy lets everything pass; what the production scheduler's placement does alone is the measure for all.
  const alone = compared ? run('offpeak', false) : null;
  const oracle = compared ? run('oracle', true) : null;
  const load = references ? interactiveLoad(options, warmUpMs) : null;
  const ceiling = compared ? flexCeiling(options) : null;
  return policies.map((policy) => {
    const result = policy === 'oracle' && oracle !== null ? oracle : run(policy, flex !== null);
    const won = result.flexTokensPerSecond;
    const h1 = ceiling === null ? null : won / ceiling;
    return {
      simulated: true,
      workload: workload.source,
      policy,
      profile,
      engines,
      seed,
      durationMs: workload.durationMs,
      load,
      slo,
      tiers: result.tiers,
      harvest: {
        h1,
        h2: h1 === null || load === null || load >= 1 ? null : h1 / (1 - load),
        oracleShare: oracle === null || oracle.flexTokensPerSecond === 0 ? null : won / oracle.flexTokensPerSecond,
      },
      flexTokensLostShare: result.flexTokensLostShare,
      evictions: result.evictions,
      alone: alone?.tiers ?? {},
      modelError: result.modelError,
      series: result.series,
    };
  });
}

function runOptionsOf(options: Omit<SimulateOptions, 'policy'>, policy: PolicyName, withFlex: boolean): RunOptions {
  const { workload, flex, profile, engines, seed, slo, flexLengths, flexShare } = options;
  return {
    workload: withFlex && flex !== null && flex !== 'endless' ? merge(workload, asFlex(flex)) : workload,
    endlessFlex: withFlex && flex === 'endless',
    policy,
    profile,
    engines,
    seed,
    slo,
    warmUpMs: warmUpOf(options),
    durationMs: workload.durationMs,
    ...(flexLengths === undefined ? {} : { flexLengths }),
    ...(flexShare === undefined ? {} : { flexShare }),
  };
}

function warmUpOf({ warmUpMs, workload }: Omit<SimulateOptions, 'policy'>): number {
  return warmUpMs ?? Math.min(WARM_UP.maxMs, WARM_UP.share * workload.durationMs);
}

function asFlex(workload: Workload): Workload {
  return { ...workload, requests: workload.requests.map((request) => ({ ...request, tier: request.tier ?? 'flex' })) };
}

function flexCeiling({ profile, engines, slo, seed, flex, flexLengths }: Omit<SimulateOptions, 'policy'>): number {
  const lengths = flex === 'endless' || flex === null ? flexLengths : lengthsOf(flex);
  return ceilingOf(profile, lengths, slo, seed).tokensPerSecond * engines;
}

/** Interactive requests per second as a share of what the engines would serve of them, if they had nothing else and never too few. */
function interactiveLoad(options: Omit<SimulateOptions, 'policy'>, warmUpMs: number): number {
  const { workload, profile, engines, slo, seed } = options;
  const { durationMs } = workload;
  const pairs = workload.requests.filter(
    ({ atMs, tier = 'standard' }) => atMs >= warmUpMs && atMs < durationMs && !isEvictable(tier),
  );
  if (pairs.length === 0) return 0;
  const ceiling = ceilingOf(profile, { title: workload.title, pairs }, slo, seed);
  return pairs.length / ((durationMs - warmUpMs) / 1_000) / (ceiling.requestsPerSecond * engines);
}

/** Shares out the progress of the whole among its runs. */
class Progress {
  readonly #runs: number;
  readonly #tell: ((share: number) => void) | undefined;
  #begun = 0;

  constructor(runs: number, tell: ((share: number) => void) | undefined) {
    this.#runs = runs;
    this.#tell = tell;
  }

  next(): { onProgress?: (share: number) => void } {
    const before = this.#begun;
    const tell = this.#tell;
    this.#begun += 1;
    return tell === undefined ? {} : { onProgress: (share) => tell((before + share) / this.#runs) };
  }
}
