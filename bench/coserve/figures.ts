import type { Interval } from '@offpeak/lab';

const ABSENT = '-';

/** A mean with half the width of its interval, where more than one value makes one. */
function withHalf(interval: Interval | null, format: (value: number) => string): string {
  if (interval === null) return ABSENT;
  const { mean, high, values } = interval;
  return values > 1 ? `${format(mean)} ±${format(high - mean)}` : format(mean);
}

/** Shares around 1. */
export function share(interval: Interval | null): string {
  return withHalf(interval, (value) => value.toFixed(3));
}

/** To be held against a limit that it may be close to. */
export function fineShare(interval: Interval | null): string {
  return withHalf(interval, (value) => value.toFixed(4));
}

export function times(interval: Interval | null): string {
  return withHalf(interval, (value) => value.toFixed(2));
}

/** Shares that are near 0. */
export function percent(interval: Interval | null): string {
  return withHalf(interval, (value) => `${(100 * value).toFixed(2)} %`);
}

export function count(interval: Interval | null): string {
  return withHalf(interval, (value) => (Math.abs(value) < 10 ? value.toFixed(1) : value.toFixed(0)));
}

/** Without its interval, where the columns are many. */
export function milliseconds(interval: Interval | null): string {
  if (interval === null) return ABSENT;
  const { mean } = interval;
  return mean >= 100 ? mean.toFixed(0) : mean.toFixed(1);
}

export function nearlyAll(interval: Interval | null): string {
  return interval === null ? ABSENT : interval.mean.toFixed(4);
}
