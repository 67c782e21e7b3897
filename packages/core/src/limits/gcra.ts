/**
 * Generic cell rate algorithm. A bucket is one number, its theoretical arrival time (`tat`): the time at which it would be full
 * again if nothing more came. Each unit moves it `periodMs / limit` ahead, and it may be ahead of now by a burst at most.
 * The burst is the limit itself, so a full bucket gives a whole period's allowance at once.
 * Any window of length W admits at most W / periodMs * limit + burst, plus what is given back within it.
 */
export interface Rate {
  readonly limit: number;
  readonly periodMs: number;
}

/**
 * Sums and differences of times lose far less than this to rounding. Less than it is no wait: a full bucket must admit its burst to
 * the last unit at whatever time of the clock.
 */
const ROUNDING_MS = 1e-3;

/** How long until `cost` units would be admitted; 0: now. Infinity: never, it is more than a burst. */
export function waitMs(rate: Rate, tat: number, cost: number, at: number): number {
  if (cost > rate.limit) {
    return Infinity;
  }
  const wait = Math.max(0, tat - at) + costMs(rate, cost) - rate.periodMs;
  return wait > ROUNDING_MS ? wait : 0;
}

export function take(rate: Rate, tat: number, cost: number, at: number): number {
  return Math.max(tat, at) + costMs(rate, cost);
}

/**
 * Corrects an earlier take by `cost` units: more when positive, back when negative. What is given back to a bucket that filled up
 * since then is worth nothing: it never holds more than a burst.
 */
export function adjust(rate: Rate, tat: number, cost: number, at: number): number {
  return cost > 0 ? take(rate, tat, cost, at) : tat + costMs(rate, cost);
}

/** Units in use: taken, and not yet refilled by time. */
export function used(rate: Rate, tat: number, at: number): number {
  return Math.max(0, tat - at) / perUnitMs(rate);
}

/** A limit of 0 has no finite price for a unit; nothing still costs nothing. */
function costMs(rate: Rate, cost: number): number {
  return cost === 0 ? 0 : cost * perUnitMs(rate);
}

function perUnitMs(rate: Rate): number {
  return rate.periodMs / rate.limit;
}
