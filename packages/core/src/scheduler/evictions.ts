import { isEvictable } from '../tiers/tier.ts';
import type { EvictionReason } from './decisions.ts';
import type { Engine } from './engines/engine.ts';
import type { Run } from './engines/run.ts';
import type { Following } from './following.ts';
import type { Entry } from './queues/entry.ts';
import type { Group } from './queues/group.ts';
import { isAmong } from './queues/standing.ts';
import type { Roster } from './roster.ts';

/**
 * Takes evictable tickets off engines: for interactive tickets that do not fit, for an interactive prompt that would wait for another,
 * and off an engine that has too much. An eviction is one of these:
 * - expected: decided, and soon to be over (`run.leaving`); it counts as a relief for the group that it is for, if any;
 * - overdue: it takes longer than evictions may (`run.overdue`); nobody waits for it, and its engine is not asked for more.
 * Each ends with the run.
 */
export class Evictions {
  readonly #roster: Roster;
  readonly #following: Following;
  /**
   * Groups whose interactive tickets may need another eviction: one came, perhaps for others, the first ticket changed, or one
   * decision was not enough.
   */
  readonly #unrelieved = new Set<Group>();

  constructor(roster: Roster, following: Following) {
    this.#roster = roster;
    this.#following = following;
  }

  /** A decision was cut short by what one decision may evict, and another is due at once. */
  get mustContinue(): boolean {
    return this.#unrelieved.size > 0;
  }

  /** To be looked at when the event at hand has had its effect. */
  mayNeedMore(group: Group): void {
    this.#unrelieved.add(group);
  }

  settle(): void {
    if (this.#unrelieved.size === 0) {
      return;
    }
    const groups = [...this.#unrelieved];
    this.#unrelieved.clear();
    for (const group of groups) {
      this.reclaim(group);
    }
  }

  /**
   * Decides as many evictions as the interactive tickets of the group still need, within what one decision may. `only`: no other engine
   * has something to give that it had not before.
   */
  reclaim(group: Group, only?: Engine): void {
    const head = group.head(false, group.relievable);
    if (head === undefined) {
      return;
    }
    while (!this.#enoughUnderWay(group, head)) {
      const engine = this.#engineToReclaim(group, only);
      if (engine === null) {
        return;
      }
      if (this.#roster.evictionsLeft === 0) {
        this.#unrelieved.add(group);
        return;
      }
      this.#begin(engine.victims.peek()!, 'room', group);
    }
  }

  /** An eviction is under way for each who waits with this ticket, and for itself. */
  isRelieved({ group, standing }: Entry): boolean {
    return isAmong(standing, group!.relievable) && group!.reliefs >= group!.relievableSize;
  }

  /**
   * Whether waiting for these engines is worth while: nothing but evictable work keeps the interactive ticket from them, and there is
   * enough of that for everybody who waits with it.
   */
  mayMakeRoom(entry: Entry, engines: readonly Engine[]): boolean {
    const { now } = this.#roster;
    const wanted = entry.group!.relievableSize;
    let room = 0;
    for (const engine of engines) {
      const leaving = engine.victims.size + engine.stopping;
      if (leaving === 0 || engine.overdue > 0 || !engine.available(now) || !engine.takes(entry)) {
        continue;
      }
      // Where it fits already it is not its turn, and that may last.
      if (!engine.admits(entry, now) && engine.couldAdmit(entry, now)) {
        room += leaving;
        if (room >= wanted) {
          return true;
        }
      }
    }
    return false;
  }

  /** Takes evictable work off an engine that its model calls strained or backlogged, though nobody waits here for the place. */
  ease(engine: Engine): void {
    const { now } = this.#roster;
    while (this.#mayEvictFrom(engine) && this.#roster.evictionsLeft > 0) {
      const victim = engine.victims.peek();
      if (victim === undefined) {
        return;
      }
      if (engine.strained(now)) {
        this.#begin(victim, 'strain', null);
      } else if (engine.backlogged(now)) {
        this.#begin(victim, 'backlog', null);
      } else {
        return;
      }
    }
  }

  /** An evictable prompt that would hold up the one that just started gives way: the engine's cache keeps what it has read. */
  clearTheWay(engine: Engine): void {
    const run = engine.flexPrompt;
    if (
      run !== null &&
      this.#mayEvictFrom(engine) &&
      this.#roster.evictionsLeft > 0 &&
      engine.victims.has(run) &&
      engine.capacity.yieldsPrompt(run.contextTokens, engine.load)
    ) {
      run.entry.tieTo(engine.name);
      this.#begin(run, 'prompt', null);
    }
  }

  /** The eviction takes too long, or its engine is gone: it is overdue. */
  giveUp(entry: Entry): void {
    const run = entry.run!;
    this.#endRelief(run);
    run.overdue = true;
    run.engine.overdue += 1;
    this.#roster.clearTimer(entry);
  }

  /** The run is over; if it was being evicted, that is too. */
  runEnded(run: Run): void {
    const { engine } = run;
    const mightEvict = this.#mayEvictFrom(engine);
    if (run.leaving) {
      this.#endRelief(run);
    }
    if (run.overdue) {
      engine.overdue -= 1;
    }
    if (!mightEvict && this.#mayEvictFrom(engine)) {
      this.#mayGiveAgain(engine);
    }
  }

  /** It had as many evictions under way as it may: groups other than the one that the last of them was for were turned away meanwhile. */
  #mayGiveAgain(engine: Engine): void {
    for (const pool of engine.pools) {
      if (pool.queuedInteractive > 0) {
        for (const group of pool.groups) this.mayNeedMore(group);
      }
    }
  }

  /** Brings the ticket's place among the engine's possible victims up to date. */
  refreshVictim(entry: Entry): void {
    if (entry.state === 'running') {
      const possible =
        isEvictable(entry.tier) && entry.mayRunAgain && entry.evictions < this.#roster.limits.evictionsPerTicketMax;
      const { engine } = entry.run!;
      // What a provider runs takes up nothing of ours.
      engine.setVictim(entry.run!, possible && !engine.provider);
    }
  }

  #begin(run: Run, why: EvictionReason, group: Group | null): void {
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
    roster.decisions.push({ kind: 'evict', id: entry.spec.id, engine: engine.name, why });
    this.#following.ends(run);
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

  #mayEvictFrom(engine: Engine): boolean {
    return engine.overdue === 0 && engine.stopping < this.#roster.limits.evictionsPerEngineMax;
  }

  #enoughUnderWay(group: Group, head: Entry): boolean {
    if (group.reliefs < group.relievableSize) {
      return false;
    }
    const { now } = this.#roster;
    return group.ranks.some((engines) =>
      engines.some(
        (engine) => !engine.provider && engine.available(now) && engine.takes(head) && engine.admitsSoon(head, now),
      ),
    );
  }

  /**
   * Where evicting one more serves the next ticket: of the lowest rank that has one, an engine on which evictions began but do not suffice
   * yet, else the one that loses least.
   */
  #engineToReclaim(group: Group, only: Engine | undefined): Engine | null {
    for (const engines of group.ranks) {
      const engine = this.#leastLoss(group, only === undefined ? engines : engines.filter((each) => each === only));
      if (engine !== null) {
        return engine;
      }
    }
    return null;
  }

  #leastLoss(group: Group, engines: readonly Engine[]): Engine | null {
    const { policy, now } = this.#roster;
    let best: Engine | null = null;
    for (const engine of engines) {
      const victim = engine.victims.peek();
      if (victim === undefined || !this.#mayEvictFrom(engine) || !engine.available(now)) {
        continue;
      }
      const head = group.head(false, engine.standings);
      if (head?.interactive !== true || engine.admits(head, now) || !engine.couldAdmit(head, now)) {
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
}
