import { InvalidArgumentError, Option, type Command } from 'commander';
import { isEvictable } from '@offpeak/core';
import {
  parseTierMix,
  readLengths,
  readWorkload,
  scaleRate,
  slice,
  synthetic,
  SYNTHETIC_NAMES,
  withTierMix,
  WorkloadProblem,
  type Lengths,
  type TierMix,
  type Workload,
} from '@offpeak/lab';
import { Misuse } from './exit.ts';
import { count, positive, span } from './options.ts';

/** What simulate and replay both are told about the traffic. */
export interface WorkloadOptions {
  readonly trace: string;
  readonly from?: number;
  readonly duration?: number;
  readonly scale?: number;
  readonly tierMix: TierMix;
  readonly flexLengths?: string;
  readonly seed: number;
  readonly sloTtft: number;
  readonly sloTpot: number;
  readonly json?: true;
  readonly html?: string;
}

const SYNTHETIC = 'synthetic:';
/** Of a synthetic workload that is not scaled. */
const REQUESTS_PER_SECOND = 8;
const DURATION_MS = 600_000;

export function withWorkloadOptions(verb: Command): Command {
  return verb
    .option('--trace <file>', `a recorded trace, or one of ${SYNTHETIC_NAMES.join(', ')}`, 'synthetic:diurnal')
    .option('--from <duration>', 'where in a recorded trace to begin', span)
    .option('--duration <duration>', 'how much of it; synthetic traffic lasts 10m if this is not given', span)
    .option('--scale <factor>', 'times as many requests: a random sample below 1, compressed time above', positive)
    .addOption(
      new Option(
        '--tier-mix <shares>',
        'tiers of requests that have none, such as priority=0.2,standard=0.8; flex=endless keeps flex in flight',
      )
        .argParser(tierMix)
        .default(parseTierMix('standard=1'), 'standard=1'),
    )
    .option('--flex-lengths <file>', 'where endless flex takes its lengths from; any trace will do')
    .option('--seed <number>', 'the same seed gives the same traffic', count, 1)
    .addOption(spanOption('--slo-ttft <duration>', 'limit for the time to the first token', '500ms'))
    .addOption(spanOption('--slo-tpot <duration>', 'limit for the time per token after it', '50ms'))
    .option('--json', 'print the report as JSON')
    .option('--html <file>', 'write the report as one HTML page');
}

/** Its help says the default as it would be written. */
export function spanOption(flags: string, description: string, standard: string): Option {
  return new Option(flags, description).argParser(span).default(span(standard), standard);
}

function tierMix(text: string): TierMix {
  try {
    return parseTierMix(text);
  } catch (error) {
    if (error instanceof WorkloadProblem) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** The traffic, `times` as dense as it comes. */
export async function readTrace(options: WorkloadOptions, times: number): Promise<Workload> {
  const { trace, tierMix: mix, seed } = options;
  return orMisuse(async () => {
    const workload = trace.startsWith(SYNTHETIC) ? generated(options, times) : await recorded(options, times);
    if (workload.requests.length === 0) throw new WorkloadProblem(`${trace} has no request in the part asked for`);
    return withTierMix(workload, mix.shares, seed);
  });
}

function generated({ trace, from, duration = DURATION_MS, seed }: WorkloadOptions, times: number): Workload {
  if (from !== undefined)
    throw new WorkloadProblem('--from is for recorded traces; synthetic traffic begins where it begins');
  return synthetic(trace, { seed, durationMs: duration, requestsPerSecond: REQUESTS_PER_SECOND * times });
}

async function recorded({ trace, from, duration, seed }: WorkloadOptions, times: number): Promise<Workload> {
  // Compressed time takes that much more of the trace.
  const neededMs = duration === undefined ? undefined : duration * Math.max(1, times);
  const read = await readWorkload(trace, {
    seed,
    rateScale: Math.min(1, times),
    ...(from === undefined ? {} : { fromMs: from }),
    ...(neededMs === undefined ? {} : { durationMs: neededMs }),
  });
  if (times <= 1) return read;
  const scaled = scaleRate(read, times);
  return duration === undefined ? scaled : slice(scaled, 0, duration);
}

export async function readFlexLengths({ flexLengths }: WorkloadOptions): Promise<Lengths | undefined> {
  return flexLengths === undefined ? undefined : orMisuse(() => readLengths(flexLengths));
}

/** The requests of a workload that someone waits for, as a workload. */
export function interactiveOf(workload: Workload): Workload {
  return { ...workload, requests: workload.requests.filter(({ tier = 'standard' }) => !isEvictable(tier)) };
}

/** What is wrong with a trace or an option is the user's to mend. */
export async function orMisuse<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof WorkloadProblem) throw new Misuse(error.message);
    throw error;
  }
}
