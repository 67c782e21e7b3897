import type { Dispatch } from './dispatch.ts';
import type { Evictions } from './evictions.ts';
import { batchPositionOf, boundedHint, positionOf, predictWait, remainingMs, retryAfter } from './forecast/wait.ts';
import { beyondEveryEngine, nobodyTakes, opensAt, someEngineUp } from './prospects.ts';
import type { Entry, Laxity, Obstacle } from './queues/entry.ts';
import type { RefusalReason } from './decisions.ts';
import type { Roster } from './roster.ts';

/** When rungs failed for different reasons, the refusal names the one that waiting is most likely to cure. */
const HOPE: Record<RefusalReason, number> = {
  'queue-full': 0,
  contended: 1,
  infeasible: 2,
  'no-capacity': 3,
  limited: 4,
  expired: 5,
  'too-large': 6,
};

/** Sooner than this is now: whoever would turn urgent within it, does. */
const URGENCY_GRAIN_MS = 1_000;

/**
 * Walks tickets up their ladders. On each rung: limits, then an engine, then the queue. A rung is left at once when its limits
 * say no or when the wait that it faces is longer than its patience, and later when that patience is over; leaving the last
 * one is a refusal.
 */
export class Admission {
  readonly #roster: Roster;
  readonly #dispatch: Dispatch;
  readonly #evictions: Evictions;

  constructor(roster: Roster, dispatch: Dispatch, evictions: Evictions) {
    this.#roster = roster;
    this.#dispatch = dispatch;
    this.#evictions = evictions;
  }

  /** An `arriving` ticket starts, queues, or is refused. */
  admit(entry: Entry): void {
    if (!someEngineUp(entry)) {
      entry.untie();
    }
    if (beyondEveryEngine(entry)) {
      this.#refuse(entry, { reason: 'too-large', retryAfterMs: this.#roster.limits.retryAfterMsMax });
      return;
    }
    this.#climb(entry, this.#tryRung(entry));
  }

  /**
   * A ticket that ran goes back to the front of its project's queue. Its tier and its reservation stay. `patienceEndsAt`: the wait
   * that it had already goes on, because its engine never took it; otherwise a new one begins.
   */
  readmit(entry: Entry, patienceEndsAt?: number): void {
    const { limits, now } = this.#roster;
    entry.queuedSince = now;
    entry.waitsForTie(now + limits.tieMsMax);
    this.#queue(entry, patienceEndsAt ?? now + entry.resumePatienceMs(limits.resumePatienceMsMin, now));
  }

  /** It was bounced too often to wait for another run on its rung. */
  turnAway(entry: Entry): void {
    entry.queuedSince = this.#roster.now;
    const obstacle = this.#contention(entry);
    this.#roster.giveBack(entry);
    this.#climb(entry, obstacle);
  }

  /**
   * Some engines may have begun to take nothing for a while: tickets leave their rungs that have no patience for it. False where none
   * did.
   */
  reviewClosed(): boolean {
    const { closed, timers, now } = this.#roster;
    let left = false;
    for (const engine of closed) {
      if (engine.pools.every(({ queued }) => queued === 0)) {
        continue;
      }
      const until = engine.closedUntilAtMost(now);
      // Whoever has no more patience than that has a timer before then.
      for (const entry of timers.upTo(({ timerAt }) => timerAt < until)) {
        if (entry.state === 'queued' && entry.group!.servedBy(engine)) {
          left = this.reviewWait(entry) || left;
        }
      }
    }
    if (closed.size > 0) {
      closed.clear();
    }
    return left;
  }

  /** A waiting ticket leaves its rung now if it would when its patience is over: true if it did. */
  reviewWait(entry: Entry): boolean {
    const inVain = this.#waitsInVain(entry, false);
    if (inVain) {
      this.#patienceOver(entry);
    }
    return inVain;
  }

  /**
   * Every engine that is up is known to take nothing like it for longer than it waits. One that was held to some of them for the sake of
   * their caches goes elsewhere instead.
   */
  #waitsInVain(entry: Entry, isNew: boolean): boolean {
    const { now } = this.#roster;
    const isInVain = (engines: readonly string[] | null): boolean =>
      (opensAt(entry, engines, now) ?? -Infinity) > entry.patienceEndsAt;
    // Beyond its patience it waits for an eviction, and not for long.
    if (entry.patienceEndsAt < now || !isInVain(entry.engines)) {
      return false;
    }
    if (!entry.isTied || isInVain(null)) {
      return true;
    }
    entry.untie();
    entry.pool.untied(entry);
    this.#roster.loosen(entry.pool);
    this.#dispatch.place(entry, isNew);
    return false;
  }

  #queue(entry: Entry, patienceEndsAt: number): void {
    const { limits, now } = this.#roster;
    entry.patienceEndsAt = patienceEndsAt;
    if (entry.tier !== 'batch') {
      this.#roster.queue(entry);
      return;
    }
    const latestStartAt = entry.spec.deadlineAt - (remainingMs(entry, limits) ?? 0);
    entry.laxity = { since: entry.laxity?.since ?? now, latestStartAt, urgentAt: Infinity };
    this.#roster.queue(entry);
    this.#reviewUrgency(entry, entry.laxity);
  }

  /** The timer of a waiting ticket is due: its patience is over, or something else about its wait changes. */
  waitChanges(entry: Entry): void {
    const { now } = this.#roster;
    if (now >= entry.patienceEndsAt) {
      this.#patienceOver(entry);
      return;
    }
    if (now >= entry.tieEndsAt) {
      entry.untie();
      entry.pool.untied(entry);
      this.#roster.loosen(entry.pool);
    }
    if (!entry.urgent && entry.laxity !== null && now >= entry.laxity.urgentAt) {
      this.#reviewUrgency(entry, entry.laxity);
    }
    this.#roster.setTimer(entry, entry.waitChangesAt);
  }

  #patienceOver(entry: Entry): void {
    const { now } = this.#roster;
    if (this.#overflow(entry)) {
      return;
    }
    const hasExpired = entry.tier === 'batch' && now >= entry.spec.deadlineAt;
    const obstacle: Obstacle = hasExpired
      ? { reason: 'expired', retryAfterMs: this.#retryAfterMs(entry) }
      : this.#contention(entry);
    this.#leaveRung(entry);
    this.#climb(entry, obstacle);
  }

  /**
   * Batch turns urgent when what is left to do until its deadline, those before it included, leaves it no more than the horizon. The
   * queue may have become shorter since that was last said.
   */
  #reviewUrgency(entry: Entry, laxity: Laxity): void {
    const { limits, now } = this.#roster;
    const windowMs = entry.spec.deadlineAt - laxity.since;
    laxity.urgentAt = laxity.latestStartAt - Math.min(limits.urgentMsMax, limits.urgentShareMax * windowMs);
    if (laxity.urgentAt - now > URGENCY_GRAIN_MS) {
      laxity.urgentAt -= this.#batchWaitMs(entry);
    }
    if (laxity.urgentAt - now <= URGENCY_GRAIN_MS) {
      entry.pool.escalate(entry);
      this.#roster.loosen(entry.pool);
    }
    this.#roster.setTimer(entry, entry.waitChangesAt);
  }

  /** What those before a batch ticket will take; 0 where nothing is known. */
  #batchWaitMs(entry: Entry): number {
    const { limits, now } = this.#roster;
    const waitMs = predictWait(entry.pool, 'batch', batchPositionOf(entry), now, limits) ?? 0;
    return waitMs > 0 && this.#dispatch.opensSoon(entry) ? 0 : waitMs;
  }

  /** From one obstacle to the next, until a rung holds (null) or none is left. */
  #climb(entry: Entry, first: Obstacle | null): void {
    let obstacle = first;
    while (obstacle !== null) {
      if (entry.obstacle === null || HOPE[obstacle.reason] <= HOPE[entry.obstacle.reason]) {
        entry.obstacle = obstacle;
      }
      const from = entry.tier;
      // Who was told a tier with the first words of an answer keeps it to the last.
      const isLast = entry.committed || entry.isOnLastRung;
      if (isLast || obstacle.reason === 'queue-full') {
        this.#refuse(entry, entry.obstacle);
        return;
      }
      entry.climb();
      const { tier: to, why } = entry.rung;
      this.#roster.decisions.push({ kind: 'move', id: entry.spec.id, from, to, why });
      obstacle = this.#tryRung(entry);
    }
  }

  #tryRung(entry: Entry): Obstacle | null {
    const { gate, limits, now } = this.#roster;
    const { project, model } = entry.spec;
    const { tier } = entry.rung;
    if (nobodyTakes(entry)) {
      return { reason: 'no-capacity', retryAfterMs: limits.retryAfterMsDefault };
    }
    const tooLate = this.#infeasible(entry, 0);
    if (tooLate !== null) {
      return tooLate;
    }
    const verdict = gate.enter(project, model, tier, entry.tokensMax, now);
    if (!verdict.ok) {
      const { denial } = verdict;
      return denial.never
        ? { reason: 'too-large', retryAfterMs: limits.retryAfterMsMax, limit: denial }
        : { reason: 'limited', retryAfterMs: denial.retryAfterMs, limit: denial };
    }
    entry.reservedAt = tier;
    this.#queue(entry, now + entry.patienceMs(now));
    if (this.#dispatch.place(entry, true)) {
      return null;
    }
    const obstacle = this.#waitTooLong(entry) ?? this.#makeRoom(entry);
    if (entry.run !== null) {
      return null;
    }
    if (obstacle === null ? this.#reclaim(entry) : this.#overflow(entry)) {
      return null;
    }
    this.#leaveRung(entry);
    return obstacle ?? this.#contention(entry);
  }

  /** The wait that the ticket faces is longer than its patience or, of batch, than its deadline allows; as far as can be said. */
  #waitTooLong(entry: Entry): Obstacle | null {
    const { limits, now } = this.#roster;
    const patienceMs = entry.patienceMs(now);
    if (this.#waitsInVain(entry, true)) {
      return this.#contention(entry);
    }
    if (entry.run !== null) {
      return null;
    }
    if (patienceMs <= 0) {
      return entry.interactive ? null : this.#contention(entry);
    }
    if (!someEngineUp(entry)) {
      return null;
    }
    const position =
      entry.tier === 'batch' ? batchPositionOf(entry) : positionOf(entry.pool, entry.tier, entry.spec.project, true);
    const waitMs = predictWait(entry.pool, entry.tier, position, now, limits) ?? 0;
    const obstacle = this.#infeasible(entry, waitMs) ?? (waitMs > patienceMs ? this.#contention(entry) : null);
    return obstacle === null || this.#dispatch.opensSoon(entry) ? null : obstacle;
  }

  /** Batch that starts in `waitMs` would be done too late, or is too late already. */
  #infeasible(entry: Entry, waitMs: number): Obstacle | null {
    const { limits, now } = this.#roster;
    const { deadlineAt } = entry.spec;
    if (entry.tier !== 'batch') {
      return null;
    }
    const runMs = remainingMs(entry, limits) ?? 0;
    const lateMs = now + waitMs + runMs - deadlineAt;
    if (lateMs <= 0 && deadlineAt > now) {
      return null;
    }
    // With the same time to go it would be in time once the queue is so much shorter; if it runs too long by itself, never.
    const hintMs = now + runMs >= deadlineAt ? limits.retryAfterMsMax : lateMs;
    return { reason: 'infeasible', retryAfterMs: boundedHint(hintMs, limits) };
  }

  /**
   * False where the ticket may not wait. An interactive one without patience does not queue, but it may wait for the slot that is being
   * freed for it.
   */
  #reclaim(entry: Entry): boolean {
    const { limits, now } = this.#roster;
    const { leavesAt = Infinity } = entry.spec;
    if (leavesAt <= now) {
      return false;
    }
    this.#evictions.reclaim(entry.group!);
    if (entry.patienceMs(now) > 0) {
      return true;
    }
    const isRelieved = (): boolean => entry.run !== null || this.#evictions.isRelieved(entry);
    if (!isRelieved() && !this.#dispatch.overflow(entry, isRelieved)) {
      return false;
    }
    if (entry.run === null) {
      this.#roster.setTimer(entry, Math.min(now + limits.evictionConfirmMsMax, leavesAt));
    }
    return true;
  }

  /** It cannot wait for room where it costs less, if that is what it does: true if it started elsewhere. */
  #overflow(entry: Entry): boolean {
    return this.#dispatch.overflow(entry, () => entry.run !== null);
  }

  /** Keeps the queues within their bounds: at the cost of the newest tickets of lower tiers, or else of this one. */
  #makeRoom(entry: Entry): Obstacle | null {
    if (!this.#roster.overfull || entry.runs > 0) {
      return null;
    }
    if (!this.#roster.canDisplaceBelow(entry.tier)) {
      return this.#queueFull(entry);
    }
    while (this.#roster.overfull) {
      const displaced = this.#roster.nextDisplaced(entry.tier)!;
      const obstacle = this.#queueFull(displaced);
      this.#leaveRung(displaced);
      this.#refuse(displaced, obstacle);
    }
    return null;
  }

  #leaveRung(entry: Entry): void {
    this.#roster.unqueue(entry, false);
    this.#roster.giveBack(entry);
  }

  #refuse(entry: Entry, obstacle: Obstacle): void {
    const { reason, retryAfterMs, limit } = obstacle;
    this.#roster.decisions.push({
      kind: 'refuse',
      id: entry.spec.id,
      tier: entry.tier,
      reason,
      retryAfterMs,
      waitedMs: this.#roster.now - entry.queuedSince,
      ...(limit === undefined ? {} : { limit }),
    });
    this.#roster.forget(entry);
  }

  #contention(entry: Entry): Obstacle {
    const { limits, now } = this.#roster;
    const openAt = opensAt(entry, entry.engines, now);
    return {
      reason: someEngineUp(entry) ? 'contended' : 'no-capacity',
      retryAfterMs: openAt === null ? this.#retryAfterMs(entry) : boundedHint(openAt - now, limits, limits.pauseMsMax),
    };
  }

  #queueFull(entry: Entry): Obstacle {
    return { reason: 'queue-full', retryAfterMs: this.#retryAfterMs(entry) };
  }

  #retryAfterMs(entry: Entry): number {
    const { limits, now } = this.#roster;
    return retryAfter(entry.pool, entry.tier, entry.spec.project, now, limits);
  }
}
