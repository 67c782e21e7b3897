import type { Entry } from './queues/entry.ts';

/** What the engines that a ticket may use hold out to it, at its present tier. */

export function someEngineUp(entry: Entry): boolean {
  for (const engine of entry.pool.enginesOf(entry.engines)) {
    if (engine.up && engine.takes(entry)) {
      return true;
    }
  }
  return false;
}

/** There are engines for the ticket, up or not, and none of them is for its tier: waiting would not help. */
export function nobodyTakes(entry: Entry): boolean {
  let known = false;
  for (const engine of entry.pool.enginesOf(entry.engines)) {
    if (engine.takes(entry)) {
      return false;
    }
    known = true;
  }
  // What its caches are good for is no reason to go without.
  return known && !(entry.untie() && !nobodyTakes(entry));
}

/** Engines that are down count: they may come back. With no engine known, nothing is known about size either. */
export function beyondEveryEngine(entry: Entry): boolean {
  let known = false;
  for (const engine of entry.pool.enginesOf(entry.engines)) {
    if (engine.capacity.kvTokensLimit >= entry.tokensMax) {
      return false;
    }
    known = true;
  }
  return known;
}

/** When the first of these engines that is up opens again, where all are known to take nothing like the ticket until then; else null. */
export function opensAt(entry: Entry, engines: readonly string[] | null, now: number): number | null {
  let first = Infinity;
  for (const engine of entry.pool.enginesOf(engines)) {
    if (!engine.up || !engine.takes(entry) || engine.capacity.kvTokensLimit < entry.tokensMax) {
      continue;
    }
    const at = engine.closedUntil(entry, now);
    if (at <= now) {
      return null;
    }
    first = Math.min(first, at);
  }
  return first === Infinity ? null : first;
}
