const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Lengths of time that people read off an axis without a calculation; in shorter ones hardly anything would happen. */
const STEPS_MS = [
  500,
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_MS),
];

/** More would be noise: a step has to hold enough requests for a 99th percentile to mean something. */
export const SERIES_POINTS_MAX = 120;

/** The shortest step that keeps a series of this length within its points. */
export function stepFor(durationMs: number): number {
  const fits = STEPS_MS.find((stepMs) => durationMs / stepMs <= SERIES_POINTS_MAX);
  return fits ?? Math.ceil(durationMs / SERIES_POINTS_MAX / (24 * HOUR_MS)) * 24 * HOUR_MS;
}
