import { join } from 'node:path';
import { replay, synthetic, withTierMix, type LabReport, type Lengths, type Workload } from '@offpeak/lab';
import { llamaHome } from '../../test/llama/install.ts';
import { SMALL, writeRandomModel } from '../../test/llama/random-model.ts';
import { temporaryDir } from '../lib/cleanup.ts';
import { flexRate, measured, PHASES, type Outcome } from './outcome.ts';
import type { Comparison, Skipped } from './report.ts';
import { Served, startGateway } from './servers.ts';
import { LOAD, SEED, SLO, TIER_MIX, type Timing } from './settings.ts';

const TITLE = 'llama.cpp on the CPU';
const SLOTS = 8;
/** More than it runs at once, as clients do that know nothing of slots. */
const FLEX_IN_FLIGHT = 2 * SLOTS;
/** Of the model's tokens, each word of a prompt is about six: it has letters only. */
const PROMPT_WORDS = 24;
const ANSWER_TOKENS = 64;

export interface LlamaSetup {
  readonly timing: Timing;
  readonly progress: (text: string) => void;
}

/** The same on an engine that really computes: a model of random weights, small enough for any CPU. */
export async function compareOnLlama({ timing, progress }: LlamaSetup): Promise<Comparison | Skipped> {
  progress('llama.cpp: looking for it');
  const { home, reason } = await llamaHome();
  if (home === undefined) return { title: TITLE, reason };
  const file = join(temporaryDir('llama'), 'model.gguf');
  await writeRandomModel(file, SMALL);

  const onEngine = async (work: (url: string) => Promise<LabReport>): Promise<LabReport> => {
    const args = ['engine', '--port', '0', '--gguf', file, '--max-num-seqs', String(SLOTS)];
    const engine = await Served.start(args, { OFFPEAK_LLAMA_HOME: home });
    try {
      return await work(engine.url);
    } finally {
      await engine.stop();
    }
  };

  const { ceilingMs, ceilingWarmUpMs, phaseMs, warmUpMs } = timing;
  progress('llama.cpp, the ceiling: flex alone');
  const nothing = { title: 'nothing', source: 'nothing', requests: [], durationMs: ceilingMs };
  const lengths = lengthsLike();
  const ceiling = await onEngine((url) => replayed(url, nothing, lengths, ceilingWarmUpMs, SLOTS));
  const capacity = capacityOf(ceiling, ceilingWarmUpMs);
  if (capacity === null) return { title: TITLE, reason: `it completed no request in ${ceilingMs / 1_000} s` };
  const workload = withTierMix(
    synthetic('synthetic:poisson', {
      seed: SEED,
      durationMs: phaseMs,
      requestsPerSecond: LOAD * capacity,
      ...LENGTHS,
    }),
    TIER_MIX,
    SEED,
  );
  const outcomes: Outcome[] = [];
  for (const phase of PHASES) {
    progress(`llama.cpp: ${phase}`);
    const flex = phase === 'alone' ? 0 : FLEX_IN_FLIGHT;
    const report = await onEngine(async (url) => {
      if (phase !== 'gateway') return replayed(url, workload, lengths, warmUpMs, flex);
      const gateway = await startGateway(url, 'engine: auto');
      try {
        return await replayed(gateway.url, workload, lengths, warmUpMs, flex);
      } finally {
        await gateway.stop();
      }
    });
    outcomes.push(measured(phase, report, warmUpMs));
  }
  const arrivals = workload.requests.filter(({ atMs }) => atMs >= warmUpMs).length;
  return {
    title: TITLE,
    device: `${SLOTS} slots, a model of random weights`,
    load: arrivals / ((phaseMs - warmUpMs) / 1_000) / capacity,
    ceilings: { measured: flexRate(ceiling.series!, ceilingWarmUpMs), simulated: null },
    outcomes,
  };
}

/** Requests per second. Interactive ones have the lengths of flex, so that a share of requests is a share of the work. */
function capacityOf({ tiers, series }: LabReport, warmUpMs: number): number | null {
  const { completed = 0, inputTokens = 0, outputTokens = 0 } = tiers.flex ?? {};
  return completed === 0 ? null : flexRate(series!, warmUpMs) / ((inputTokens + outputTokens) / completed);
}

const LENGTHS = { inputTokensMean: PROMPT_WORDS, outputTokensMean: ANSWER_TOKENS } as const;

function lengthsLike(): Lengths {
  const { requests } = synthetic('synthetic:poisson', { seed: SEED, ...LENGTHS });
  return { title: 'short chats', pairs: requests };
}

function replayed(
  url: string,
  workload: Workload,
  flexLengths: Lengths,
  warmUpMs: number,
  flexInFlight: number,
): Promise<LabReport> {
  return replay({
    baseUrl: `${url}/v1`,
    workload,
    flex: flexInFlight === 0 ? null : 'endless',
    ...(flexInFlight === 0 ? {} : { flexConcurrency: flexInFlight }),
    flexLengths,
    warmUpMs,
    exactLengths: true,
    slo: SLO,
    seed: SEED,
  });
}
