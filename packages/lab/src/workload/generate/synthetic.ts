import { checkNumber, WorkloadProblem } from '../problem.ts';
import { Random } from '../random.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';
import type { LabRequest, Lengths, Workload } from '../workload.ts';
import { arrivalsOf, gammaGaps, poissonGaps, tooManyRequests, type Gaps } from './arrivals.ts';
import { chatLengthsOf, lengthSourceOf, type LengthSource } from './lengths.ts';
import { constantRate, dailyRate, weeklyRate, withBurst, withOnOff, type Burst, type RateProfile } from './rates.ts';

/** Workloads that need no file: requests at one mean rate, a day's cycle, and bursts within bursts. */
export const SYNTHETIC_NAMES = ['synthetic:poisson', 'synthetic:diurnal', 'synthetic:bursty'] as const;
export type SyntheticName = (typeof SYNTHETIC_NAMES)[number];

export interface SyntheticOptions {
  /** Default 1. */
  readonly seed?: number;
  /** Default 10 minutes. */
  readonly durationMs?: number;
  /** The mean, over whole days where there are days; default 8. */
  readonly requestsPerSecond?: number;
  /** Default 1,024. */
  readonly inputTokensMean?: number;
  /** Default 256. */
  readonly outputTokensMean?: number;
  /** Instead of the two means. */
  readonly lengths?: Lengths | LengthSource;
  /** How long the diurnal day is; default the whole duration, so that a short run sees a whole cycle. */
  readonly dayMs?: number;
  /** Whether diurnal days differ: five working days and a weekend, from Monday on. Default false. */
  readonly weekly?: boolean;
  /** Coefficient of variation of the gaps between bursty arrivals; default 2. Poisson's is 1. */
  readonly cv?: number;
  /** One burst at a known time, on top of any of them. */
  readonly burst?: Burst;
}

/** Where the numbers of a workload come from; each has its own so that changing one thing leaves the others as they were. */
const STREAM = { arrivals: 1, lengths: 2, switching: 3 } as const;

/** Bursty traffic is four times busier for 15 s in every minute, on average. */
const BURSTS = { onMs: 15_000, offMs: 45_000, times: 4 } as const;

/** Days in one workload: each is made of many pieces of one rate. */
const DAYS_MAX = 10_000;

export function isSyntheticName(text: string): text is SyntheticName {
  return SYNTHETIC_NAMES.some((name) => name === text);
}

/** The same name and options give the same requests. */
export function synthetic(name: string, options: SyntheticOptions = {}): Workload {
  if (!isSyntheticName(name)) {
    throw new WorkloadProblem(`the workload is ${JSON.stringify(name)}; expected ${SYNTHETIC_NAMES.join(', ')}`);
  }
  const { seed = 1, durationMs = 600_000, requestsPerSecond = 8, dayMs = durationMs, cv = 2, burst } = options;
  checkNumber('durationMs', durationMs, { above: 0, max: TRACE_LIMITS.traceMsMax });
  checkNumber('requestsPerSecond', requestsPerSecond, { above: 0, max: 1e6 });
  checkNumber('dayMs', dayMs, { min: durationMs / DAYS_MAX, max: TRACE_LIMITS.traceMsMax });
  checkNumber('cv', cv, { min: 0.05, max: 100 });
  if (burst !== undefined) {
    checkNumber('burst.fromMs', burst.fromMs, { min: 0 });
    checkNumber('burst.durationMs', burst.durationMs, { above: 0 });
    checkNumber('burst.times', burst.times, { min: 0, max: 1e6 });
  }
  // Before any are drawn; a burst may still go over it, which shows when it does.
  if ((requestsPerSecond * durationMs) / 1_000 > TRACE_LIMITS.requestsMax) throw tooManyRequests();
  let profile: RateProfile = constantRate(requestsPerSecond);
  let gaps: Gaps = poissonGaps;
  if (name === 'synthetic:diurnal') {
    profile = (options.weekly === true ? weeklyRate : dailyRate)({ mean: requestsPerSecond, dayMs });
  } else if (name === 'synthetic:bursty') {
    profile = withOnOff(profile, BURSTS, durationMs, new Random(seed, STREAM.switching));
    gaps = gammaGaps(1 / cv ** 2);
  }
  if (burst !== undefined) profile = withBurst(profile, burst);

  const times = arrivalsOf(profile, gaps, durationMs, new Random(seed, STREAM.arrivals));
  const random = new Random(seed, STREAM.lengths);
  const { lengths, inputTokensMean = 1_024, outputTokensMean = 256 } = options;
  const source = lengths === undefined ? chatLengthsOf(inputTokensMean, outputTokensMean) : lengthSourceOf(lengths);
  const requests = times.map((atMs): LabRequest => {
    const { inputTokens, outputTokens } = source.draw(random);
    return { atMs, inputTokens, outputTokens };
  });
  return { title: name, source: `${name}, seed ${seed}, ${source.title}`, requests, durationMs };
}
