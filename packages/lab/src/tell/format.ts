const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const ABSENT = '–';

/** Three digits that count, without an exponent. */
export function number(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return ABSENT;
  const size = Math.abs(value);
  if (size >= 1e9) return `${number(value / 1e9)} G`;
  if (size >= 1e6) return `${number(value / 1e6)} M`;
  if (size >= 1e4) return `${number(value / 1e3)} k`;
  return String(Number(value.toPrecision(3)));
}

export function milliseconds(value: number | null): string {
  if (value === null) return ABSENT;
  if (value >= HOUR_MS) return `${number(value / HOUR_MS)} h`;
  if (value >= 2 * MINUTE_MS) return `${number(value / MINUTE_MS)} min`;
  if (value >= SECOND_MS) return `${number(value / SECOND_MS)} s`;
  return `${number(value)} ms`;
}

export function share(value: number | null): string {
  return value === null ? ABSENT : `${Number((value * 100).toPrecision(3))} %`;
}

/** A share that is near 1 most of the time: what is missing counts. */
export function nearlyAll(value: number | null): string {
  return value === null ? ABSENT : `${Number((value * 100).toFixed(2))} %`;
}

export function times(value: number | null): string {
  return value === null ? ABSENT : `${number(value)}×`;
}

export function whole(value: number | null): string {
  return value === null ? ABSENT : Math.round(value).toLocaleString('en-US');
}

/** A moment of a run: `1:30`, `2:05:00`, `3 d 04:00`. */
export function clock(atMs: number, stepMs: number): string {
  const days = Math.floor(atMs / DAY_MS);
  const two = (part: number): string => String(Math.floor(part)).padStart(2, '0');
  const hours = Math.floor((atMs % DAY_MS) / HOUR_MS);
  const minutes = Math.floor((atMs % HOUR_MS) / MINUTE_MS);
  const seconds = (atMs % MINUTE_MS) / SECOND_MS;
  if (days > 0) return `${days} d ${two(hours)}:${two(minutes)}`;
  if (hours > 0) return `${hours}:${two(minutes)}:${two(seconds)}`;
  const digits = stepMs < 10 ? 3 : stepMs < 100 ? 2 : stepMs < SECOND_MS ? 1 : 0;
  return `${minutes}:${seconds.toFixed(digits).padStart(digits === 0 ? 2 : digits + 3, '0')}`;
}

export function duration(ms: number): string {
  if (ms >= 2 * DAY_MS) return `${number(ms / DAY_MS)} days`;
  return milliseconds(ms);
}
