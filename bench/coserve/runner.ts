import type { ProfileName } from '@offpeak/engine';
import {
  ceilingOf,
  runOnce,
  withBurstOf,
  withTierMix,
  type Ceiling,
  type Lengths,
  type RequestOutcome,
  type Workload,
} from '@offpeak/lab';
import {
  BURST,
  burstOf,
  lengthOf,
  SLO,
  TIER_MIX,
  trafficName,
  type RunSpec,
  type TraceName,
  type Traffic,
} from './cases.ts';
import type { RunRecord } from './records.ts';
import { flexLengths, openTrace, type Trace } from './traces.ts';

export interface RunnerSetup {
  readonly profile: ProfileName;
  /** Requests per second that one engine serves of each trace. */
  readonly capacities: Readonly<Partial<Record<TraceName, number>>>;
}

/** The requests of a run, and what they come to. */
interface Requests {
  readonly name: string;
  readonly workload: Workload;
  readonly load: number;
}

/** Carries out runs. Traces, and the requests of the latest run, are kept for the next one. */
export class Runner {
  readonly #setup: RunnerSetup;
  readonly #traces = new Map<TraceName, Promise<Trace>>();
  readonly #flexLengths = flexLengths();
  #latest: Requests | null = null;

  constructor(setup: RunnerSetup) {
    this.#setup = setup;
  }

  async run(spec: RunSpec): Promise<RunRecord> {
    const { engines, seed, policy, flexShare, flexInFlightMax, modelBias } = spec;
    const { durationMs, warmUpMs } = lengthOf(engines);
    const { workload, load } = await this.#requests(spec);
    const lengths = await this.#flexLengths;
    const missedAtMs: number[] = [];
    const { fromMs } = burstOf(engines);
    const missed = ({ tier, atMs, ttftMs, outcome }: RequestOutcome): void => {
      if (tier !== 'standard' || atMs < fromMs) return;
      if (ttftMs === null || ttftMs > SLO.ttftMs || outcome !== 'completed') missedAtMs.push(atMs);
    };
    const result = runOnce({
      workload,
      endlessFlex: policy !== null,
      ...(lengths === undefined ? {} : { flexLengths: lengths }),
      // Without flex every policy lets everything pass; what the production scheduler's placement does alone is the measure for all.
      policy: policy ?? 'offpeak',
      profile: this.#setup.profile,
      engines,
      seed,
      slo: SLO,
      durationMs,
      warmUpMs,
      ...(flexShare === undefined ? {} : { flexShare }),
      ...(flexInFlightMax === undefined ? {} : { flexInFlightMax }),
      ...(modelBias === undefined ? {} : { modelBias }),
      ...(spec.burst === true ? { onOutcome: missed } : {}),
    });
    const { tiers, flexTokensPerSecond, flexTokensComputed, flexTokensLostShare, evictions, steps } = result;
    const { modelError } = result;
    return {
      spec,
      load,
      tiers,
      flexTokensPerSecond,
      flexTokensComputed,
      flexTokensLostShare,
      evictions,
      steps,
      modelError: modelError === null ? null : { median: modelError.median, p90: modelError.p90 },
      ...(spec.burst === true && { missedAtMs: missedAtMs.sort((one, other) => one - other) }),
    };
  }

  async #requests(traffic: Traffic): Promise<Requests> {
    const { trace, engines, load, seed, burst } = traffic;
    const name = trafficName(traffic);
    if (this.#latest?.name === name) return this.#latest;
    const { durationMs } = lengthOf(engines);
    const requestsPerSecond = load * engines * this.#capacity(trace);
    const portion = await (await this.#trace(trace)).portion({ requestsPerSecond, durationMs, seed });
    const { fromMs } = burstOf(engines);
    const { times, forMs } = BURST;
    const requests = burst === true ? withBurstOf(portion, { fromMs, durationMs: forMs, times, seed }) : portion;
    const workload = withTierMix(requests, TIER_MIX, seed);
    this.#latest = { name, workload, load: this.#loadOf(traffic, workload) };
    return this.#latest;
  }

  #trace(name: TraceName): Promise<Trace> {
    let trace = this.#traces.get(name);
    if (trace === undefined) this.#traces.set(name, (trace = openTrace(name)));
    return trace;
  }

  #capacity(trace: TraceName): number {
    const capacity = this.#setup.capacities[trace];
    if (capacity === undefined) throw new Error(`the capacity for ${trace} was not measured`);
    return capacity;
  }

  /** Of the requests that are measured, as a share of what the engines serve of these very ones: prompts and answers of a stretch differ from its trace's. */
  #loadOf({ engines }: Traffic, { title, requests }: Workload): number {
    const { durationMs, warmUpMs } = lengthOf(engines);
    const pairs = requests.filter(({ atMs }) => atMs >= warmUpMs && atMs < durationMs);
    const { requestsPerSecond } = ceiling(this.#setup.profile, { title, pairs });
    return pairs.length / ((durationMs - warmUpMs) / 1_000) / (requestsPerSecond * engines);
  }
}

/** What one engine does of requests like these when it has nothing else. */
export function ceiling(profile: ProfileName, lengths: Lengths | undefined): Ceiling {
  return ceilingOf(profile, lengths, SLO, 1);
}
