import { posix } from 'node:path';

/** The rooms of the house, left to right. A room imports only from columns to its left; the rooms of one column not from each other. */
const COLUMNS: readonly (readonly string[])[] = [
  ['core'],
  ['dialects'],
  ['engine', 'client'],
  ['gateway', 'lab'],
  ['cli'],
];

/** Rooms without a clock, I/O, randomness or timers of their own. */
export const PURE_ROOMS: readonly string[] = ['core', 'dialects'];

export const SCOPE = '@offpeak/';

export function roomOf(path: string): string | undefined {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/** Rooms that `room` may import from; undefined for a room that the plan does not have. */
export function leftOf(room: string): readonly string[] | undefined {
  const column = COLUMNS.findIndex((rooms) => rooms.includes(room));
  return column < 0 ? undefined : COLUMNS.slice(0, column).flat();
}

/** Runs in tests only: the tests themselves, their helpers, and the simulation that drives the core through faults. */
export function isTestSide(path: string): boolean {
  return path.endsWith('.test.ts') || /\/(?:testing|simulation)\//.test(path) || /^(?:test|bench)\//.test(path);
}

/** What a relative specifier of `file` points at. */
export function resolved(file: string, specifier: string): string {
  return posix.join(posix.dirname(file), specifier);
}
