import { WorkloadProblem } from '../problem.ts';
import type { Random } from '../random.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';
import { gammaFunction } from './gamma-function.ts';
import type { RateProfile } from './rates.ts';

/** Gaps between arrivals with a mean of 1, in units of whatever the mean gap is at the time. */
export interface Gaps {
  next(random: Random): number;
  /**
   * The gap up to the first arrival for somebody who starts to look at any moment. It is another distribution than `next`: long gaps
   * are likelier to be looked into. With it the number of arrivals in any stretch is right on average, however bursty they are.
   */
  first(random: Random): number;
}

export const poissonGaps: Gaps = {
  next: (random) => random.exponential(),
  first: (random) => random.exponential(),
};

/** `shape` is 1 over the square of the coefficient of variation: below 1 arrivals come in bursts, above 1 they are regular. */
export function gammaGaps(shape: number): Gaps {
  return {
    next: (random) => random.gamma(shape) / shape,
    first: (random) => (random.unit() * random.gamma(shape + 1)) / shape,
  };
}

export function weibullGaps(shape: number): Gaps {
  const mean = gammaFunction(1 + 1 / shape);
  return {
    next: (random) => random.exponential() ** (1 / shape) / mean,
    first: (random) => (random.unit() * random.gamma(1 + 1 / shape) ** (1 / shape)) / mean,
  };
}

/** Arrival times in order. The gaps are laid along the number of arrivals expected so far, which follows the profile. */
export function arrivalsOf(profile: RateProfile, gaps: Gaps, durationMs: number, random: Random): number[] {
  const times: number[] = [];
  let atMs = 0;
  let { perSecond, untilMs } = profile(0);
  let gap = gaps.first(random);
  while (atMs < durationMs) {
    const gapMs = (gap / perSecond) * 1_000;
    // A rate of 0 makes the gap endless: 0 / 0 would be no number.
    if (perSecond > 0 && atMs + gapMs < untilMs) {
      atMs += gapMs;
      if (atMs >= durationMs) break;
      times.push(atMs);
      if (times.length > TRACE_LIMITS.requestsMax) throw tooManyRequests();
      gap = gaps.next(random);
    } else {
      gap -= ((untilMs - atMs) / 1_000) * perSecond;
      atMs = untilMs;
      ({ perSecond, untilMs } = profile(atMs));
    }
  }
  return times;
}

export function tooManyRequests(): WorkloadProblem {
  return new WorkloadProblem(`over ${TRACE_LIMITS.requestsMax} requests (requestsMax); lower the rate or the time`);
}
