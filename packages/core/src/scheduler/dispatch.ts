import type { Engine } from './engines/engine.ts';
import { Run } from './engines/run.ts';
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
  #turns = 0;

  constructor(roster: Roster, evictions: Evictions) {
    this.#roster = roster;
    this.#evictions = evictions;
  }

  /**
   * Starts a queued ticket on the best engine that admits it now. `isNew`: it came to its queue a moment ago, so that no ticket was passed
   * over because of it.
   */
  place(entry: Entry, isNew: boolean): boolean {
    if (!entry.isFirst) {
      return false;
    }
    let best: Engine | null = null;
    let bestScore = Infinity;
    for (const engine of entry.pool.engines) {
      if (!engine.available(this.#roster.now) || !entry.group!.servedBy(engine)) {
        continue;
      }
      // Nobody asks an engine that would not get the ticket anyway.
      const score = this.#roster.policy.placement(entry, engine, this.#roster.now);
      if ((best === null || score < bestScore) && this.#admits(engine, entry) && this.#headFor(engine) === entry) {
        best = engine;
        bestScore = score;
      }
    }
    if (best === null) {
      return false;
    }
    this.#start(entry, best, isNew);
    return true;
  }

  /** Starts what the engine admits, in order, and asks for room where an interactive ticket does not fit. */
  fill(engine: Engine): void {
    const refused = this.#take(engine);
    if (refused?.interactive === true) {
      this.#evictions.reclaim(refused.group!, [engine]);
    }
    this.#roster.setEngineTimer(engine);
  }

  /** Starts what the engine admits, in order, up to the first ticket that it does not: that one is returned. */
  #take(engine: Engine): Entry | undefined {
    while (engine.available(this.#roster.now)) {
      const head = this.#headFor(engine);
      if (head === undefined || !this.#admits(engine, head)) {
        return head;
      }
      this.#start(head, engine, false);
    }
    return undefined;
  }

  /** Looks again at what the event at hand may have changed beyond the tickets and engines that it named. */
  settle(): void {
    const { loosened } = this.#roster;
    // Filling an engine can loosen pools again, but only by starting a ticket: this ends.
    for (const pool of loosened) {
      loosened.delete(pool);
      for (const engine of pool.engines) {
        if (!this.#refusesAsBefore(engine, pool)) {
          this.#take(engine);
        }
      }
      for (const group of pool.groups) {
        this.#evictions.mayNeedMore(group);
      }
    }
    this.#evictions.settle();
  }

  /** Takes the ticket off its engine. The caller fills the engine when it is done with the ticket. */
  vacate(entry: Entry): Engine {
    const run = entry.run!;
    const { engine } = run;
    this.#roster.clearTimer(entry);
    this.#evictions.runEnded(run);
    engine.release(run);
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
    const run = new Run(entry, engine, roster.now);
    entry.run = run;
    entry.runs += 1;
    entry.state = 'running';
    this.#turns += 1;
    run.expectedMs = engine.firstTokenMs(entry, roster.now);
    engine.take(run, this.#turns);
    this.#evictions.refreshVictim(entry);
    if (entry.silent) {
      engine.silentUntil(run, roster.now + (run.expectedMs ?? roster.limits.silentPromptMs));
    }
    if (entry.interactive) {
      this.#evictions.clearTheWay(engine);
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

  /** Most engines of a full fleet, told without finding out what each should run next. */
  #refusesAsBefore(engine: Engine, pool: Pool): boolean {
    const head = engine.pools.length === 1 ? pool.headForAll(this.#batchIsDue(engine)) : undefined;
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
      const head = pool.headFor(engine, batchIsDue);
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
    for (const engine of entry.pool.engines) {
      if (engine.available(now) && entry.group!.servedBy(engine) && engine.admitsOnceRead(entry, now)) {
        return true;
      }
    }
    return false;
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
    if (engine.unseenUntil !== null) {
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
