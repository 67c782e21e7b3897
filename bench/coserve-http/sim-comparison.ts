import {
  ceilingOf,
  lengthsOf,
  replay,
  runOnce,
  synthetic,
  withTierMix,
  type LabReport,
  type Lengths,
  type PolicyName,
  type RunResult,
  type Workload,
} from '@offpeak/lab';
import { flexLengths, openTrace, whyAbsent } from '../coserve/traces.ts';
import { expected, flexRate, measured, PHASES, type Outcome, type PhaseName } from './outcome.ts';
import type { Comparison, Skipped } from './report.ts';
import { startGateway, Served } from './servers.ts';
import { FLEX_IN_FLIGHT, LOAD, PROFILE, SEED, SLO, TIER_MIX, type Timing } from './settings.ts';

const WORKLOADS = ['synthetic:bursty', 'azure-conversation'] as const;
type WorkloadName = (typeof WORKLOADS)[number];

/** What the simulator does in place of each phase's server. */
const POLICIES: Readonly<Record<PhaseName, PolicyName>> = { alone: 'fcfs', naive: 'fcfs', gateway: 'offpeak' };

export interface SimSetup {
  readonly timing: Timing;
  readonly quick: boolean;
  readonly progress: (text: string) => void;
}

/** The simulated engine over HTTP, in real time: alone, with all flex sent to it at once, and behind the gateway. */
export async function* compareOnSimulatedEngine(setup: SimSetup): AsyncGenerator<Comparison | Skipped> {
  const lengths = (await flexLengths()) ?? lengthsOf(synthetic('synthetic:bursty', { seed: SEED }));
  const ceilings = await bothCeilings(setup, lengths);
  for (const name of setup.quick ? WORKLOADS.slice(0, 1) : WORKLOADS) {
    const reason = name === 'azure-conversation' ? whyAbsent(name) : undefined;
    yield reason === undefined ? await compared(name, setup, lengths, ceilings) : { title: name, reason };
  }
}

interface Ceilings {
  readonly measured: number;
  readonly simulated: number;
}

/** Flex alone for the same time over HTTP and in the simulator: a short run is no steady state, and both have the same start. */
async function bothCeilings({ timing, progress }: SimSetup, lengths: Lengths): Promise<Ceilings> {
  const { ceilingMs: durationMs, ceilingWarmUpMs: warmUpMs } = timing;
  const workload = { title: 'nothing', source: 'nothing', requests: [], durationMs };
  const at = { durationMs, warmUpMs, flexInFlight: FLEX_IN_FLIGHT.ceiling };
  progress('the ceiling: flex alone');
  const report = await onEngine((url) => replayed(url, workload, lengths, at));
  const run = simulated('fcfs', workload, lengths, at);
  return { measured: flexRate(report.series!, warmUpMs), simulated: run.flexTokensPerSecond };
}

async function compared(
  name: WorkloadName,
  { timing, progress }: SimSetup,
  lengths: Lengths,
  ceilings: Ceilings,
): Promise<Comparison> {
  const { phaseMs: durationMs, warmUpMs } = timing;
  const { workload, capacity } = await workloadOf(name, durationMs);
  const outcomes: Outcome[] = [];
  for (const phase of PHASES) {
    progress(`${name}: ${phase}`);
    const at = { durationMs, warmUpMs, flexInFlight: phase === 'alone' ? 0 : FLEX_IN_FLIGHT.naive };
    const report = await onEngine(async (engineUrl) => {
      if (phase !== 'gateway') return replayed(engineUrl, workload, lengths, at);
      const gateway = await startGateway(engineUrl, 'engine: vllm, enginePriority: true');
      try {
        return await replayed(gateway.url, workload, lengths, at);
      } finally {
        await gateway.stop();
      }
    });
    outcomes.push(
      measured(phase, report, warmUpMs),
      expected(phase, simulated(POLICIES[phase], workload, lengths, at)),
    );
  }
  const arrivals = workload.requests.filter(({ atMs }) => atMs >= warmUpMs).length;
  const load = arrivals / ((durationMs - warmUpMs) / 1_000) / capacity;
  return { title: name, device: `simulated ${PROFILE} engine over HTTP`, load, ceilings, outcomes };
}

async function workloadOf(
  name: WorkloadName,
  durationMs: number,
): Promise<{ readonly workload: Workload; readonly capacity: number }> {
  const trace = name === 'azure-conversation' ? await openTrace(name) : null;
  const lengths = trace?.lengths ?? lengthsOf(synthetic(name, { seed: SEED }));
  const capacity = ceilingOf(PROFILE, lengths, SLO, SEED).requestsPerSecond;
  const portion = { requestsPerSecond: LOAD * capacity, durationMs, seed: SEED };
  const workload = trace === null ? synthetic(name, portion) : await trace.portion(portion);
  return { workload: withTierMix(workload, TIER_MIX, SEED), capacity };
}

/** Each phase has an engine that has seen nothing, as the simulator's has. */
async function onEngine(work: (url: string) => Promise<LabReport>): Promise<LabReport> {
  const engine = await Served.start(['engine', '--port', '0', '--profile', PROFILE]);
  try {
    return await work(engine.url);
  } finally {
    await engine.stop();
  }
}

interface Stretch {
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly flexInFlight: number;
}

function replayed(
  url: string,
  workload: Workload,
  lengths: Lengths,
  { warmUpMs, flexInFlight }: Stretch,
): Promise<LabReport> {
  return replay({
    baseUrl: `${url}/v1`,
    workload,
    flex: flexInFlight === 0 ? null : 'endless',
    ...(flexInFlight === 0 ? {} : { flexConcurrency: flexInFlight }),
    flexLengths: lengths,
    warmUpMs,
    exactLengths: true,
    slo: SLO,
    seed: SEED,
  });
}

function simulated(
  policy: PolicyName,
  workload: Workload,
  lengths: Lengths,
  { durationMs, warmUpMs, flexInFlight }: Stretch,
): RunResult {
  return runOnce({
    workload,
    endlessFlex: flexInFlight > 0,
    flexLengths: lengths,
    policy,
    ...(policy === 'fcfs' && { flexInFlightMax: flexInFlight }),
    profile: PROFILE,
    engines: 1,
    seed: SEED,
    slo: SLO,
    durationMs,
    warmUpMs,
  });
}
