import type { Random } from '../random.ts';

/** How busy it is: requests per second at a moment, and the moment up to which that holds. Each piece ends after it starts. */
export type RateProfile = (atMs: number) => { readonly perSecond: number; readonly untilMs: number };

export function constantRate(perSecond: number): RateProfile {
  const piece = { perSecond, untilMs: Number.POSITIVE_INFINITY };
  return () => piece;
}

/** A day is this many pieces of one rate each: a quarter of an hour of a whole day. */
const PIECES_PER_DAY = 96;

/**
 * How busy each hour of a working day is beside the others: the night's trough at four, the climb to office hours, the dip at
 * lunch, the afternoon's peak and a second, lower one in the evening.
 */
const HOURS: readonly number[] = [
  0.5, 0.36, 0.28, 0.24, 0.22, 0.25, 0.36, 0.6, 0.98, 1.36, 1.56, 1.52, 1.24, 1.34, 1.62, 1.7, 1.64, 1.46, 1.22, 1.14,
  1.18, 1.16, 0.98, 0.72,
];
const HOURS_MEAN = HOURS.reduce((sum, hour) => sum + hour, 0) / HOURS.length;

/** Monday first: what is left of a working day at the weekend. */
const WEEK: readonly number[] = [1, 1.06, 1.08, 1.06, 0.98, 0.55, 0.5];
const WEEK_MEAN = WEEK.reduce((sum, day) => sum + day, 0) / WEEK.length;

/** `dayShare` from 0 (midnight) to 1; the mean over a day is 1. Hours pass into each other without corners. */
function busyness(dayShare: number): number {
  const hour = dayShare * HOURS.length;
  const before = Math.floor(hour);
  const blend = (1 - Math.cos(Math.PI * (hour - before))) / 2;
  const from = HOURS[before % HOURS.length]!;
  const to = HOURS[(before + 1) % HOURS.length]!;
  return (from + (to - from) * blend) / HOURS_MEAN;
}

/** Starts at midnight. `mean` is the rate over whole days; a day may be compressed to any length. */
export function dailyRate({ mean, dayMs }: { mean: number; dayMs: number }): RateProfile {
  return (atMs) => {
    const piece = Math.floor((atMs / dayMs) * PIECES_PER_DAY);
    const dayShare = ((piece + 0.5) / PIECES_PER_DAY) % 1;
    return { perSecond: mean * busyness(dayShare), untilMs: after(atMs, ((piece + 1) / PIECES_PER_DAY) * dayMs) };
  };
}

/** A daily cycle that is lower at the weekend. Starts on a Monday at midnight; `mean` is the rate over whole weeks. */
export function weeklyRate({ mean, dayMs }: { mean: number; dayMs: number }): RateProfile {
  const day = dailyRate({ mean, dayMs });
  return (atMs) => {
    const { perSecond, untilMs } = day(atMs);
    const weekday = Math.floor(atMs / dayMs) % WEEK.length;
    return { perSecond: (perSecond * WEEK[weekday]!) / WEEK_MEAN, untilMs };
  };
}

export interface Burst {
  readonly fromMs: number;
  readonly durationMs: number;
  /** That many times the traffic that would be there without it. */
  readonly times: number;
}

export function withBurst(profile: RateProfile, { fromMs, durationMs, times }: Burst): RateProfile {
  const endMs = fromMs + durationMs;
  return (atMs) => {
    const { perSecond, untilMs } = profile(atMs);
    if (atMs < fromMs) return { perSecond, untilMs: Math.min(untilMs, fromMs) };
    if (atMs < endMs) return { perSecond: perSecond * times, untilMs: Math.min(untilMs, endMs) };
    return { perSecond, untilMs };
  };
}

export interface OnOff {
  /** Mean lengths of the two states; each stay is drawn from an exponential distribution. */
  readonly onMs: number;
  readonly offMs: number;
  /** How many times busier on is than off. */
  readonly times: number;
}

/**
 * Traffic that switches between two rates at random (a Markov-modulated process). How long it is on differs from run to run; the
 * rates make up for it, so that the mean over this run stays the profile's.
 */
export function withOnOff(
  profile: RateProfile,
  { onMs, offMs, times }: OnOff,
  durationMs: number,
  random: Random,
): RateProfile {
  const ends: number[] = [];
  // In the long run it is on for this share of the time, so that is the chance to find it so at the start.
  const startsOn = random.unit() < onMs / (onMs + offMs);
  let onForMs = 0;
  for (let startMs = 0, on = startsOn; startMs < durationMs; on = !on) {
    const endMs = after(startMs, startMs + (on ? onMs : offMs) * random.exponential());
    if (on) onForMs += Math.min(endMs, durationMs) - startMs;
    ends.push(endMs);
    startMs = endMs;
  }
  const off = durationMs / (onForMs * times + durationMs - onForMs);
  return (atMs) => {
    const stay = firstAbove(ends, atMs);
    const on = stay % 2 === 0 ? startsOn : !startsOn;
    const { perSecond, untilMs } = profile(atMs);
    const stayUntilMs = ends[stay] ?? Number.POSITIVE_INFINITY;
    return { perSecond: perSecond * off * (on ? times : 1), untilMs: Math.min(untilMs, stayUntilMs) };
  };
}

/** The index of the first of the rising numbers that is above `value`; their count where none is. */
function firstAbove(rising: readonly number[], value: number): number {
  let low = 0;
  let high = rising.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rising[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Rounding must not make a piece that ends where it starts: nobody would get past it. */
function after(atMs: number, endMs: number): number {
  return endMs > atMs ? endMs : atMs + Math.max(1e-6, atMs * Number.EPSILON * 2);
}
