import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  merge,
  readLengths,
  readWorkload,
  scaleRate,
  slice,
  synthetic,
  type Lengths,
  type Workload,
} from '@offpeak/lab';
import { TRACES, type TraceName } from './cases.ts';

/** How much traffic is wanted, and which. */
export interface Portion {
  readonly requestsPerSecond: number;
  readonly durationMs: number;
  readonly seed: number;
}

/** Traffic of any rate and length. */
export interface Trace {
  /** Prompts and answers as they come, to find out what an engine serves of them. */
  readonly lengths: Lengths;
  /** The same portion has the same requests. */
  portion(of: Portion): Promise<Workload>;
}

const FILES: Partial<Record<TraceName, string>> = {
  'azure-conversation': 'azure/AzureLLMInferenceTrace_conv_2023.csv',
  'azure-code': 'azure/AzureLLMInferenceTrace_code_2023.csv',
  servegen: 'servegen/m-large.tar.gz',
};
const FLEX_LENGTHS = 'lengths/sharegpt_8k_lengths.csv';

/** Public traces are not part of the repository; they are looked for beside it. */
export function tracesFolder(): string {
  return process.env['OFFPEAK_TRACES'] ?? fileURLToPath(new URL('../../../shared/traces/', import.meta.url));
}

/** Why a trace cannot be used; undefined where it can. */
export function whyAbsent(name: TraceName): string | undefined {
  const file = FILES[name];
  return file === undefined || existsSync(join(tracesFolder(), file))
    ? undefined
    : `there is no ${file} in the folder of public traces (OFFPEAK_TRACES=${tracesFolder()})`;
}

/** What flex asks for; undefined where the file is absent, for the lab's own lengths of chat histories. */
export async function flexLengths(): Promise<Lengths | undefined> {
  const file = join(tracesFolder(), FLEX_LENGTHS);
  return existsSync(file) ? readLengths(file) : undefined;
}

export async function openTrace(name: TraceName): Promise<Trace> {
  const file = FILES[name];
  if (file === undefined) return generated();
  const path = join(tracesFolder(), file);
  if (name === 'servegen') return servegen(path);
  const workload = await readWorkload(path);
  return {
    lengths: { title: TRACES[name], pairs: workload.requests },
    portion: (of) => Promise.resolve(recordedPortion(workload, of)),
  };
}

/** More of a trace than this in one copy, and the seeds would all have the same requests. */
const COPY_SHARE_MAX = 0.8;
/** Multiples of it, modulo 1, are spread as evenly as can be however many there are. */
const GOLDEN = 0.618_033_988_749_895;

/**
 * As many consecutive requests as are wanted, from a place that the seed chooses, their time stretched or compressed to the length
 * that is wanted. Where the trace has too few, several such stretches from places far apart, at the same time.
 */
export function recordedPortion(trace: Workload, { requestsPerSecond, durationMs, seed }: Portion): Workload {
  const { requests } = trace;
  const wanted = Math.round((requestsPerSecond * durationMs) / 1_000);
  const copies = Math.max(1, Math.ceil(wanted / (COPY_SHARE_MAX * requests.length)));
  let whole: Workload | null = null;
  for (let copy = 0; copy < copies; copy += 1) {
    const count = Math.floor(((copy + 1) * wanted) / copies) - Math.floor((copy * wanted) / copies);
    const first = Math.floor(((seed * GOLDEN + copy / copies) % 1) * (requests.length - count));
    const fromMs = requests[first]!.atMs;
    const endMs = requests[first + count]?.atMs ?? trace.durationMs;
    const stretch = slice(trace, fromMs, endMs - fromMs);
    const fitted = { ...scaleRate(stretch, stretch.durationMs / durationMs), durationMs };
    whole = whole === null ? fitted : merge(whole, fitted);
  }
  return whole!;
}

const DAY_MS = 86_400_000;
const DAYS = 14;
/** Enough requests to know a day's rate by: some ten thousand. */
const SOUNDING_SCALE = 0.001;
/** Lengths that a trace without any gets, and those of the generated one, are drawn; so many draws tell their mean. */
const SAMPLE = { durationMs: 600_000, requestsPerSecond: 16, seed: 99 } as const;

/** A day of it for each seed, thinned to the wanted number of requests where it is generated, so that it stays a day. */
function servegen(path: string): Trace {
  return {
    lengths: generated().lengths,
    portion: async ({ requestsPerSecond, durationMs, seed }) => {
      const day = { fromMs: ((seed - 1) % DAYS) * DAY_MS, durationMs: DAY_MS, seed };
      const sounding = await readWorkload(path, { ...day, rateScale: SOUNDING_SCALE });
      const wanted = (requestsPerSecond * durationMs) / 1_000;
      const workload = await readWorkload(path, {
        ...day,
        rateScale: (SOUNDING_SCALE * wanted) / sounding.requests.length,
      });
      return { ...scaleRate(workload, workload.durationMs / durationMs), durationMs };
    },
  };
}

function generated(): Trace {
  const sample = synthetic('synthetic:diurnal', SAMPLE);
  return {
    lengths: { title: TRACES.diurnal, pairs: sample.requests },
    portion: (of) => Promise.resolve(synthetic('synthetic:diurnal', of)),
  };
}
