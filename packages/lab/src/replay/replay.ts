import { isEvictable, TIERS, type Tier } from '@offpeak/core';
import type { Harvest, LabReport, ReplayFacts } from '../report.ts';
import { EndlessFlex } from '../workload/endless.ts';
import type { LabRequest, Lengths, Workload } from '../workload/workload.ts';
import { FLEX_CONCURRENCY, REPLAY_LIMITS, type PhaseName, type ReplayLimits, type ReplayOptions } from './options.ts';
import { Phase } from './phase.ts';
import { ReplayProblem } from './problem.ts';
import { Server, type Counters } from './server.ts';

/** For the model list and the metrics, beside the requests. */
const SPARE_CONNECTIONS = 2;
/** Between phases, so that a server has dropped what was cut before it is asked for more, and counted it before it is asked. */
const SETTLE_MS = 500;
const SECOND_MS = 1000;

interface Step {
  readonly name: PhaseName;
  readonly requests: readonly LabRequest[];
  readonly endless: boolean;
  readonly durationMs: number;
}

/**
 * Replays a workload against a server over HTTP, open loop: each request is sent at its time, whatever became of those before.
 * Fails with a `ReplayProblem` where it cannot begin.
 */
export async function replay(options: ReplayOptions): Promise<LabReport> {
  const limits = { ...REPLAY_LIMITS, ...options.limits };
  check(options, limits);
  const { baseUrl, apiKey } = options;
  const connectionsMax = limits.inFlightMax + SPARE_CONNECTIONS;
  const server = new Server({ baseUrl, connectionsMax, ...(apiKey === undefined ? {} : { apiKey }) });
  try {
    const model = options.model ?? (await server.firstModel());
    const run = new Run(options, limits, server, model);
    return await run.report();
  } finally {
    await server.close();
  }
}

function check({ workload, flex, flexConcurrency = FLEX_CONCURRENCY }: ReplayOptions, limits: ReplayLimits): void {
  if (workload.requests.some(({ tier }) => tier === 'batch')) {
    throw new ReplayProblem(
      'options',
      'the workload has batch requests, which have no tier word for single requests; expected priority, standard and flex',
    );
  }
  if (flex !== null && flexConcurrency >= limits.inFlightMax) {
    throw new ReplayProblem(
      'options',
      `${flexConcurrency} flex requests are to be kept in flight; expected fewer than ${limits.inFlightMax} (inFlightMax), which leaves room for others`,
    );
  }
}

class Run {
  readonly #options: ReplayOptions;
  readonly #limits: ReplayLimits;
  readonly #server: Server;
  readonly #model: string;

  constructor(options: ReplayOptions, limits: ReplayLimits, server: Server, model: string) {
    this.#options = options;
    this.#limits = limits;
    this.#server = server;
    this.#model = model;
  }

  async report(): Promise<LabReport> {
    const { workload, seed, slo, baseUrl, warmUpMs = 0 } = this.#options;
    const done = new Map<PhaseName, Phase>();
    let before: Counters | null = null;
    for (const [index, step] of this.#steps().entries()) {
      if (index > 0) await settle();
      before = await this.#server.counters();
      const phase = await this.#run(step);
      done.set(step.name, phase);
      if (phase.interrupted) break;
    }
    await settle();
    const after = await this.#server.counters();
    // Interrupted before its last phase, a replay has no traffic together to tell of.
    const together = done.get('together');
    const alone = done.get('alone');
    const ceiling = done.get('ceiling');
    const main = together ?? alone ?? ceiling!;
    const counted = together === undefined ? null : difference(before, after);
    const harvest = harvestOf(main, together === undefined ? undefined : ceiling, alone, warmUpMs);
    return {
      simulated: false,
      workload: workload.source,
      policy: 'as served',
      profile: `${this.#model} at ${baseUrl}`,
      engines: null,
      seed,
      durationMs: main.ranMs,
      load: harvest.load,
      slo,
      tiers: together === undefined ? {} : main.collector.tiers(),
      harvest: harvest.shares,
      flexTokensLostShare: counted === null ? null : lostShare(main, counted),
      evictions: counted?.evictions ?? null,
      alone: alone?.collector.tiers() ?? {},
      modelError: null,
      // A client does not see when the server evicts.
      series: together === undefined ? null : { ...together.collector.series(), evictions: [] },
      replay: this.#facts(main),
    };
  }

  #steps(): readonly Step[] {
    const { workload, flex, alone, ceilingMs } = this.#options;
    const { requests, durationMs } = workload;
    const interactive = requests.filter(({ tier }) => tier === undefined || !isEvictable(tier));
    const steps: Step[] = [];
    if (ceilingMs !== undefined) steps.push({ name: 'ceiling', requests: [], endless: true, durationMs: ceilingMs });
    if (alone === true) steps.push({ name: 'alone', requests: interactive, endless: false, durationMs });
    steps.push({ name: 'together', requests, endless: flex !== null, durationMs });
    return steps;
  }

  async #run(step: Step): Promise<Phase> {
    const { flexConcurrency = FLEX_CONCURRENCY, flexLengths, workload, seed, slo, warmUpMs = 0 } = this.#options;
    const { exactLengths = false, signal, onProgress } = this.#options;
    const steps = this.#steps();
    const totalMs = steps.reduce((sum, { durationMs }) => sum + durationMs, 0);
    const index = steps.findIndex(({ name }) => name === step.name);
    const earlierMs = steps.slice(0, index).reduce((sum, { durationMs }) => sum + durationMs, 0);
    const source = new EndlessFlex({ seed, lengths: flexLengths ?? lengthsOf(workload) });
    const phase = new Phase({
      server: this.#server,
      model: this.#model,
      requests: step.requests,
      endless: step.endless ? { source, concurrency: flexConcurrency } : null,
      durationMs: step.durationMs,
      warmUpMs: Math.min(warmUpMs, step.durationMs),
      exactLengths,
      slo,
      seed,
      limits: this.#limits,
      signal,
      onTick: ({ sent, inFlight, counts }, elapsedMs) => {
        const { completed, refused, failed } = counts;
        const share = totalMs > 0 ? (earlierMs + elapsedMs) / totalMs : 1;
        onProgress?.({ phase: step.name, share, sent, inFlight, completed, refused, failed });
      },
    });
    await phase.run();
    return phase;
  }

  #facts(phase: Phase): ReplayFacts {
    const { lateness, notSent, inFlightPeak, interrupted, facts } = phase;
    const late = lateness.quantiles();
    return {
      baseUrl: this.#options.baseUrl,
      model: this.#model,
      interrupted,
      latenessMs: late,
      notSent,
      keptUp: notSent === 0 && (late?.p99 ?? 0) <= this.#limits.latenessMsMax,
      inFlightPeak,
      tiers: Object.fromEntries(
        TIERS.flatMap((tier) => {
          const told = facts.get(tier)?.told();
          return told === undefined ? [] : [[tier, told]];
        }),
      ),
    };
  }
}

/** Prompt and answer tokens per second of some tiers, in the measured part. */
function throughput({ collector, ranMs }: Phase, tiers: readonly Tier[], warmUpMs: number): number {
  const tokens = tiers.reduce((sum, tier) => sum + collector.tokensComputed(tier), 0);
  const measuredMs = ranMs - warmUpMs;
  return measuredMs > 0 ? (tokens / measuredMs) * SECOND_MS : 0;
}

/**
 * The interactive load is its tokens per second as a share of those that flex alone reaches: exact where flex has the workload's own
 * lengths, as it has unless others are given.
 */
function harvestOf(
  main: Phase,
  ceiling: Phase | undefined,
  alone: Phase | undefined,
  warmUpMs: number,
): { readonly load: number | null; readonly shares: Harvest } {
  const ceilingRate = ceiling === undefined ? 0 : throughput(ceiling, ['flex'], warmUpMs);
  if (ceilingRate === 0) return { load: null, shares: { h1: null, h2: null, oracleShare: null } };
  const load = throughput(alone ?? main, ['priority', 'standard'], warmUpMs) / ceilingRate;
  const h1 = throughput(main, ['flex'], warmUpMs) / ceilingRate;
  return { load, shares: { h1, h2: load < 1 ? h1 / (1 - load) : null, oracleShare: null } };
}

/** Null where the server does not count. */
function difference(before: Counters | null, after: Counters | null): Counters | null {
  if (before === null || after === null) return null;
  return {
    evictions: after.evictions - before.evictions,
    wastedTokens: after.wastedTokens - before.wastedTokens,
  };
}

/** What the server threw away and what failed before its client, as a share of what flex computed. */
function lostShare({ collector, lostFlexTokens }: Phase, counted: Counters): number {
  const computed = collector.tokensComputed('flex') + counted.wastedTokens;
  return computed === 0 ? 0 : Math.min(1, (counted.wastedTokens + lostFlexTokens) / computed);
}

function lengthsOf({ title, requests }: Workload): Lengths {
  return { title: `the lengths of ${title}`, pairs: requests };
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
