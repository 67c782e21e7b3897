import { isEvictable } from '../tiers/tier.ts';
import { Run } from './engines/run.ts';
import type { Engine } from './engines/engine.ts';
import type { Entry } from './queues/entry.ts';
import type { Group } from './queues/group.ts';
import { compareStandings } from './queues/standing.ts';
import type { Roster } from './roster.ts';

/**
 * Puts tickets on engines and takes them off. Between events it holds that no engine admits the ticket that it should run next,
 * so one event can only concern the engines and tickets that it names: a freed engine is filled, a new ticket is placed.
 * The next ticket of an engine is never overtaken by one behind it that happens to fit: it would starve for KV.
 */
export class Dispatch {
  readonly #roster: Roster;
  /**
   * Groups whose interactive tickets may need another eviction: one came, perhaps for others, the first ticket changed, or one
   * decision was not enough.
   */
  readonly #unrelieved = new Set<Group>();
  #turns = 0;

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** Starts a queued ticket on the best engine that admits it now. */
  place(entry: Entry): boolean {
    let best: Engine | null = null;
    let bestScore = Infinity;
    for (const engine of entry.pool.engines) {
      if (!engine.available(this.#roster.now) || !entry.group!.servedBy(engine)) {
        continue;
      }
      if (!this.#admits(engine, entry)) {
        continue;
      }
      const score = this.#roster.policy.placement(entry, engine, this.#roster.now);
      if ((best === null || score < bestScore) && this.#headFor(engine) === entry) {
        best = engine;
        bestScore = score;
      }
    }
    if (best === null) {
      return false;
    }
    this.#start(entry, best);
    return true;
  }

  /** Starts what the engine admits, in order, and asks for room where an interactive ticket does not fit. */
  fill(engine: Engine): void {
    while (engine.available(this.#roster.now)) {
      const head = this.#headFor(engine);
      if (head === undefined) {
        break;
      }
      if (!this.#admits(engine, head)) {
        this.reclaim(head.group!);
        break;
      }
      this.#start(head, engine);
    }
    this.#roster.setEngineTimer(engine);
  }

  /** Looks again at what the event at hand may have changed beyond the tickets and engines that it named. */
  settle(): void {
    const { loosened } = this.#roster;
    // Filling an engine can loosen pools again, but only by starting a ticket: this ends.
    for (const pool of loosened) {
      loosened.delete(pool);
      for (const engine of pool.engines) {
        if (engine.load.slots < engine.capacity.slotsLimit) {
          this.fill(engine);
        }
      }
      for (const group of pool.groups) {
        this.#unrelieved.add(group);
      }
    }
    const groups = [...this.#unrelieved];
    this.#unrelieved.clear();
    for (const group of groups) {
      this.reclaim(group);
    }
  }

  /** A decision was cut short by what one decision may evict, and another is due at once. */
  get mustContinue(): boolean {
    return this.#unrelieved.size > 0;
  }

  /** Decides as many evictions as the interactive tickets of the group still need, within what one decision may. */
  reclaim(group: Group): void {
    const head = group.head();
    if (head === undefined || !head.interactive) {
      return;
    }
    while (!this.#enoughUnderWay(group, head)) {
      const engine = this.#engineToReclaim(group, head);
      if (engine === null) {
        return;
      }
      if (this.#roster.evictionsLeft === 0) {
        this.#unrelieved.add(group);
        return;
      }
      this.#evict(engine.victims.peek()!, group);
    }
  }

  /** The eviction takes too long, or its engine is gone: nobody waits for it, and the engine is left alone until it is through. */
  giveUpEviction(entry: Entry): void {
    const run = entry.run!;
    this.#endRelief(run);
    run.overdue = true;
    run.engine.overdue += 1;
    this.#roster.clearTimer(entry);
  }

  /** Takes the ticket off its engine. The caller fills the engine when it is done with the ticket. */
  vacate(entry: Entry): Engine {
    const run = entry.run!;
    const { engine } = run;
    this.#roster.clearTimer(entry);
    if (run.leaving) {
      this.#endRelief(run);
    }
    if (run.overdue) {
      engine.overdue -= 1;
    }
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

  /** Brings the ticket's place among the engine's possible victims up to date. */
  refreshVictim(entry: Entry): void {
    if (entry.state === 'running') {
      const possible =
        isEvictable(entry.tier) && entry.mayRunAgain && entry.evictions < this.#roster.limits.evictionsPerTicketMax;
      entry.run!.engine.setVictim(entry.run!, possible);
    }
  }

  #start(entry: Entry, engine: Engine): void {
    const roster = this.#roster;
    const resume = entry.runs > 0;
    const account = entry.account!;
    account.running += 1;
    roster.unqueue(entry);
    entry.returned();
    const run = new Run(entry, engine, roster.now);
    entry.run = run;
    entry.runs += 1;
    entry.state = 'running';
    this.#turns += 1;
    run.expectedMs = engine.firstTokenMs(entry, roster.now);
    engine.take(run, this.#turns);
    this.refreshVictim(entry);
    if (entry.silent) {
      engine.silentUntil(run, roster.now + (run.expectedMs ?? roster.limits.silentPromptMs));
    }
    if (entry.interactive) {
      this.#clearTheWay(engine);
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

  /** An evictable prompt that would hold up the one that just started gives way: the engine's cache keeps what it has read. */
  #clearTheWay(engine: Engine): void {
    const run = engine.flexPrompt;
    if (
      run !== null &&
      this.#roster.evictionsLeft > 0 &&
      engine.victims.has(run) &&
      engine.capacity.yieldsPrompt(run.contextTokens, engine.load)
    ) {
      run.entry.tieTo(engine.name);
      this.#evict(run, null);
    }
  }

  #evict(run: Run, group: Group | null): void {
    const roster = this.#roster;
    const { entry, engine } = run;
    engine.evictionBegan(run);
    run.relief = group;
    if (group !== null) {
      group.reliefs += 1;
    }
    entry.state = 'stopping';
    roster.setTimer(entry, roster.now + roster.limits.evictionConfirmMsMax);
    roster.evictionsLeft -= 1;
    roster.decisions.push({ kind: 'evict', id: entry.spec.id, engine: engine.name });
  }

  #endRelief(run: Run): void {
    const group = run.relief;
    run.relief = null;
    run.engine.evictionEnded(run);
    if (group !== null) {
      group.pool.relieved(group);
      this.#unrelieved.add(group);
    }
  }

  /** Across the models of one engine: the higher standing, then the model that was served longest ago. */
  #headFor(engine: Engine): Entry | undefined {
    const batchIsDue = engine.flexSinceBatch >= this.#roster.limits.flexBetweenBatchMax;
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

  #enoughUnderWay(group: Group, head: Entry): boolean {
    if (group.reliefs < group.interactiveSize) {
      return false;
    }
    for (const engine of group.pool.engines) {
      if (engine.available(this.#roster.now) && group.servedBy(engine) && engine.admitsSoon(head, this.#roster.now)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Where evicting one more serves `head`: an engine on which evictions began but do not suffice yet, else the one that loses
   * least.
   */
  #engineToReclaim(group: Group, head: Entry): Engine | null {
    const { limits, policy, now } = this.#roster;
    let best: Engine | null = null;
    for (const engine of group.pool.engines) {
      const victim = engine.victims.peek();
      if (
        victim === undefined ||
        engine.overdue > 0 ||
        engine.stopping >= limits.evictionsPerEngineMax ||
        !engine.available(now) ||
        !group.servedBy(engine) ||
        engine.admits(head, now) ||
        !engine.couldAdmit(head, now)
      ) {
        continue;
      }
      if (engine.stopping > 0 && !engine.admitsSoon(head, now)) {
        return engine;
      }
      if (best === null || policy.evictionOrder(victim, best.victims.peek()!)) {
        best = engine;
      }
    }
    return best;
  }

  /** That a ticket must wait is news for the capacity model, which may raise its number of slots on hearing it. */
  #admits(engine: Engine, entry: Entry): boolean {
    const { now } = this.#roster;
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
    return engine.admits(entry, now);
  }

  /** Takes evictable work off an engine that its model calls strained, though nobody waits for the place. */
  ease(engine: Engine): void {
    const { limits, now } = this.#roster;
    while (
      this.#roster.evictionsLeft > 0 &&
      engine.overdue === 0 &&
      engine.stopping < limits.evictionsPerEngineMax &&
      engine.strained(now)
    ) {
      const victim = engine.victims.peek();
      if (victim === undefined) {
        return;
      }
      this.#evict(victim, null);
    }
  }

  /** Follows one stream of the engine, if its model learns from that and none is followed. */
  watch(entry: Entry): void {
    const { engine } = entry.run!;
    if (engine.watched === null && engine.capacity.wantsBeats && !entry.silent) {
      engine.watched = entry.run;
      engine.watchedAt = null;
      this.#roster.decisions.push({ kind: 'watch', id: entry.spec.id, engine: engine.name });
    }
  }
}
