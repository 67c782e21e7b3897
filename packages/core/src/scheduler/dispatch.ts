import type { Engine } from './engines/engine.ts';
import { Run } from './engines/run.ts';
import type { Seat } from './engines/seat.ts';
import type { Evictions } from './evictions.ts';
import type { Entry } from './queues/entry.ts';
import type { Pool } from './queues/pool.ts';
import { compareStandings } from './queues/standing.ts';
import type { Roster } from './roster.ts';

/**
 * Puts tickets on engines and takes them off. Between events it holds that no engine admits the ticket that it should run next,
 * so one event can only concern the engines and tickets that it names: a freed engine is filled, a new ticket is placed.
 * The next ticket of an engine is never overtaken by one behind it that happens to fit: it would starve for KV.
 */
export class Dispatch {
  readonly #roster: Roster;
  readonly #evictions: Evictions;
  /** Pools of tickets that might run where it costs more, and wait for room where it costs less. */
  readonly #holding = new Set<Pool>();
  /** Pools of tickets that stood behind one of another model, for which no room could be made where they now may be the next. */
  readonly #beside = new Set<Pool>();
  #starts = 0;

  constructor(roster: Roster, evictions: Evictions) {
    this.#roster = roster;
    this.#evictions = evictions;
  }

  /**
   * Starts a queued ticket on the best engine that admits it now, of the lowest rank that has one. `isNew`: it came to its queue a moment
   * ago, so that no ticket was passed over because of it.
   */
  place(entry: Entry, isNew: boolean): boolean {
    return entry.isFirst && this.#placeByRank(entry, isNew, true);
  }

  /**
   * A ticket cannot wait for room on engines of a lower rank: nobody before it does any more, until it `isServed`, if that helps.
   */
  overflow(entry: Entry, isServed: () => boolean): boolean {
    if (!entry.interactive) {
      return false;
    }
    const higher = entry.group!.ranks.slice(1);
    for (const engine of higher.flat()) {
      let head = engine.available(this.#roster.now) ? this.#headFor(engine) : undefined;
      while (!isServed() && head !== undefined && this.#placeByRank(head, false, false)) {
        head = engine.available(this.#roster.now) ? this.#headFor(engine) : undefined;
      }
    }
    return isServed();
  }

  #placeByRank(entry: Entry, isNew: boolean, mayStay: boolean): boolean {
    const group = entry.group!;
    for (const [rank, engines] of group.ranks.entries()) {
      const best = group.weighted
        ? this.#nextByWeight(entry, engines, group.seats[rank]!)
        : this.#bestFor(entry, engines);
      if (best !== null) {
        this.#start(entry, best, isNew);
        return true;
      }
      if (mayStay && entry.interactive && group.ranks.length > 1 && this.#evictions.mayMakeRoom(entry, engines)) {
        this.#holding.add(entry.pool);
        return false;
      }
    }
    return false;
  }

  #bestFor(entry: Entry, engines: readonly Engine[]): Engine | null {
    const { policy, now } = this.#roster;
    let best: Engine | null = null;
    let bestScore = Infinity;
    for (const engine of engines) {
      // What is not asked: an engine that refuses as it did, and one that would not get the ticket anyway.
      if (engine.refusesAsBefore(entry, now) || !engine.available(now) || !engine.takes(entry)) {
        continue;
      }
      const score = policy.placement(entry, engine, now);
      if ((best === null || score < bestScore) && this.#admits(engine, entry) && this.#headFor(engine) === entry) {
        best = engine;
        bestScore = score;
      }
    }
    return best;
  }

  /** Whoever has had the least for its weight and admits the ticket. Those without a weight come after all that have one. */
  #nextByWeight(entry: Entry, engines: readonly Engine[], itsSeats: readonly Seat[]): Engine | null {
    const { tier } = entry;
    const sharing: Engine[] = [];
    const seats: Seat[] = [];
    const others: Engine[] = [];
    let least = Infinity;
    for (const [at, engine] of engines.entries()) {
      const seat = itsSeats[at]!;
      if (seat.weight === null || !engine.takes(entry)) {
        others.push(engine);
        continue;
      }
      sharing.push(engine);
      seats.push(seat);
      least = Math.min(least, seat.had(tier) ?? Infinity);
    }
    let next = -1;
    let had = Infinity;
    for (let at = 0; at < seats.length; at += 1) {
      // Who is new here begins where the others are.
      const its = seats[at]!.lift(tier, least === Infinity ? 0 : least);
      if (its < had && this.#takesNow(sharing[at]!, entry)) {
        next = at;
        had = its;
      }
    }
    if (next < 0) {
      return this.#bestFor(entry, others);
    }
    for (const seat of seats) {
      seat.lift(tier, had);
    }
    seats[next]!.took(tier);
    return sharing[next]!;
  }

  #takesNow(engine: Engine, entry: Entry): boolean {
    return engine.available(this.#roster.now) && this.#admits(engine, entry) && this.#headFor(engine) === entry;
  }

  /** Starts what the engine admits, in order, and asks for room where an interactive ticket does not fit. */
  fill(engine: Engine): void {
    const refused = this.#take(engine);
    if (refused?.interactive === true) {
      this.#evictions.reclaim(refused.group!, engine);
    }
    this.#roster.setEngineTimer(engine);
  }

  /**
   * Starts what the engine admits, in order, up to the first ticket that it does not: that one is returned. One that stays for engines of
   * a lower rank is waited for: it may come after all.
   */
  #take(engine: Engine): Entry | undefined {
    while (engine.available(this.#roster.now)) {
      const head = this.#headFor(engine);
      if (head === undefined || !this.#admits(engine, head)) {
        return head;
      }
      if (head.group!.isPlain) {
        this.#start(head, engine, false);
      } else if (!this.place(head, false)) {
        return undefined;
      }
    }
    return undefined;
  }

  /** Looks again at what the event at hand may have changed beyond the tickets and engines that it named. */
  settle(): void {
    const { loosened } = this.#roster;
    // Whatever happened may have ended what a ticket stays for.
    if (this.#holding.size > 0) {
      for (const pool of this.#holding) this.#roster.loosen(pool);
      this.#holding.clear();
    }
    // Filling an engine can loosen pools again, but only by starting a ticket: this ends.
    for (const pool of loosened) {
      loosened.delete(pool);
      let first = pool.someInteractive;
      const hasOthers = this.#roster.queuedInteractive > pool.queuedInteractive;
      for (const engine of pool.takeEnginesConcerned()) {
        // It may have been started in this very loop.
        if (first !== undefined && first.state !== 'queued') first = pool.someInteractive;
        if (!this.#refusesWhoeverWaits(engine, first) && !this.#refusesAsBefore(engine, pool)) {
          this.#take(engine);
        }
        if (engine.pools.length > 1 && engine.victims.size > 0 && hasOthers) {
          for (const beside of engine.pools) this.#beside.add(beside);
        }
      }
      this.#mayNeedMore(pool);
    }
    for (const pool of this.#beside) this.#mayNeedMore(pool);
    this.#beside.clear();
    this.#evictions.settle();
  }

  #mayNeedMore(pool: Pool): void {
    if (pool.queuedInteractive > 0) {
      for (const group of pool.groups) this.#evictions.mayNeedMore(group);
    }
  }

  /** Takes the ticket off its engine, `completed` or not. The caller fills the engine when it is done with the ticket. */
  vacate(entry: Entry, completed: boolean): Engine {
    const run = entry.run!;
    const { engine } = run;
    this.#roster.clearTimer(entry);
    this.#evictions.runEnded(run);
    engine.release(run, completed, this.#roster.now);
    if (engine.removed && engine.runs.size === 0) {
      this.#roster.engines.delete(engine.name);
    }
    entry.run = null;
    entry.state = 'arriving';
    const account = entry.account!;
    account.running -= 1;
    entry.pool.shares(entry.tier).ended(account);
    return engine;
  }

  #start(entry: Entry, engine: Engine, isNew: boolean): void {
    const roster = this.#roster;
    const resume = entry.runs > 0;
    const account = entry.account!;
    account.running += 1;
    roster.unqueue(entry, isNew);
    entry.returned();
    this.#starts += 1;
    const run = new Run(entry, engine, this.#starts, roster.now);
    entry.run = run;
    entry.runs += 1;
    entry.state = 'running';
    run.expectedMs = engine.firstTokenMs(entry, roster.now);
    engine.take(run);
    this.#evictions.refreshVictim(entry);
    if (entry.silent) {
      engine.silentUntil(run, roster.now + (run.expectedMs ?? roster.limits.silentPromptMs));
    }
    if (entry.interactive) {
      this.#evictions.clearTheWay(engine);
    }
    if (engine.provider) {
      // It may have been the last that the provider's limits allow for now.
      roster.closed.add(engine);
    }
    if (!resume) {
      roster.charge(entry, roster.policy.cost(entry.spec.inputTokens, 0));
    }
    roster.decisions.push({
      kind: 'start',
      id: entry.spec.id,
      engine: engine.name,
      tier: entry.tier,
      why: entry.rung.why,
      waitMs: roster.now - entry.queuedSince,
      resume,
    });
  }

  /** Most engines of a full fleet, whoever would be next there. `interactive`: a ticket that waits, if there is any such. */
  #refusesWhoeverWaits(engine: Engine, interactive: Entry | undefined): boolean {
    const { queuedInteractive, now } = this.#roster;
    if (queuedInteractive === 0) {
      return engine.refusesEveryone(false, now);
    }
    if (!engine.refusesEveryone(true, now)) {
      return false;
    }
    // It goes before whatever is not interactive.
    const isInteractiveNext = interactive !== undefined && engine.takes(interactive) && isServed(interactive, engine);
    return isInteractiveNext || engine.refusesEveryone(false, now);
  }

  /** Many of the others, told without finding out what each should run next. */
  #refusesAsBefore(engine: Engine, pool: Pool): boolean {
    const head = engine.pools.length === 1 ? pool.plainHeadFor(engine, this.#batchIsDue(engine)) : undefined;
    return head !== undefined && engine.refusesAsBefore(head, this.#roster.now);
  }

  #batchIsDue(engine: Engine): boolean {
    return engine.flexSinceBatch >= this.#roster.limits.flexBetweenBatchMax;
  }

  /** Across the models of one engine: the higher standing, then the model that was served longest ago. */
  #headFor(engine: Engine): Entry | undefined {
    const batchIsDue = this.#batchIsDue(engine);
    let best: Entry | undefined;
    for (const pool of engine.pools) {
      const head = pool.headFor(engine, batchIsDue, this.#roster.now);
      if (head === undefined) {
        continue;
      }
      const order = best === undefined ? -1 : compareStandings(head.standing, best.standing, batchIsDue);
      if (order < 0 || (order === 0 && engine.turnOf(pool) < engine.turnOf(best!.pool))) {
        best = head;
      }
    }
    return best;
  }

  /** Some engine does not take the ticket now only because of the prompts that it reads: slots that come free say nothing. */
  opensSoon(entry: Entry): boolean {
    const { now } = this.#roster;
    return entry.group!.ranks.some((engines) =>
      engines.some((engine) => engine.available(now) && engine.takes(entry) && engine.admitsOnceRead(entry, now)),
    );
  }

  /** That a ticket must wait is news for the capacity model, which may raise its number of slots on hearing it. */
  #admits(engine: Engine, entry: Entry): boolean {
    const { now } = this.#roster;
    if (engine.refusesAsBefore(entry, now)) {
      return false;
    }
    if (engine.admits(entry, now)) {
      return true;
    }
    if (engine.unseenUntil !== null || engine.provider) {
      this.#roster.setEngineTimer(engine);
    }
    if (!engine.limited(entry, now)) {
      return false;
    }
    this.#roster.setEngineTimer(engine);
    // Whoever is behind this ticket may fit as well now.
    this.#roster.loosen(entry.pool);
    return engine.admits(entry, now);
  }
}

/** An engine may have shrunk since the ticket joined its group. */
function isServed(entry: Entry, engine: Engine): boolean {
  return entry.tokensMax <= engine.capacity.kvTokensLimit && entry.group!.servedBy(engine);
}
