import type { Admission } from './admission.ts';
import type { Dispatch } from './dispatch.ts';
import type { EventOf } from './events.ts';
import type { Fleet } from './fleet.ts';
import type { Entry } from './queues/entry.ts';
import type { Roster } from './roster.ts';

/** What drivers tell about tickets that started: how far they are, how they ended, and whether they run again. */
export class Runs {
  readonly #roster: Roster;
  readonly #dispatch: Dispatch;
  readonly #admission: Admission;
  readonly #fleet: Fleet;

  constructor(roster: Roster, dispatch: Dispatch, admission: Admission, fleet: Fleet) {
    this.#roster = roster;
    this.#dispatch = dispatch;
    this.#admission = admission;
    this.#fleet = fleet;
  }

  committed(entry: Entry): void {
    entry.committed = true;
    this.#dispatch.refreshVictim(entry);
  }

  /** Also of a ticket that waits: it may have run before. */
  cancel(entry: Entry, outputTokens: number): void {
    const roster = this.#roster;
    entry.outputTokens = Math.max(entry.outputTokens, outputTokens);
    const { inputTokens } = entry.spec;
    if (entry.run === null) {
      roster.unqueue(entry);
      if (entry.runs > 0) {
        roster.settle(entry, inputTokens + entry.outputTokens);
      }
      roster.giveBack(entry);
      roster.forget(entry);
      return;
    }
    this.#end(entry, inputTokens, entry.outputTokens);
  }

  finish(entry: Entry, event: EventOf<'finish'>): void {
    const { now } = this.#roster;
    const run = entry.run!;
    if (event.outcome === 'completed') {
      const runMs = now - run.startedAt;
      entry.pool.runTimes.finished(run.ttftMs ?? runMs, runMs, event.outputTokens - run.tokensAtStart);
    }
    this.#end(entry, event.inputTokens, event.outputTokens);
  }

  /** A running ticket is over, and these are the tokens that it really used. */
  #end(entry: Entry, inputTokens: number, outputTokens: number): void {
    const roster = this.#roster;
    roster.charge(entry, roster.policy.cost(inputTokens, outputTokens));
    const engine = this.#dispatch.vacate(entry);
    roster.settle(entry, inputTokens + outputTokens);
    roster.forget(entry);
    for (const pool of engine.pools) {
      pool.drain.released(roster.now);
    }
    this.#dispatch.fill(engine);
  }

  firstToken(entry: Entry): void {
    const run = entry.run!;
    if (run.ttftMs !== null) {
      return;
    }
    const at = this.#roster.now;
    run.ttftMs = at - run.startedAt;
    // A resumed run also reads the tokens that it has already written.
    const inputTokens = entry.spec.inputTokens + run.tokensAtStart;
    run.engine.capacity.observe({ kind: 'first-token', at, ttftMs: run.ttftMs, inputTokens });
    this.#dispatch.fill(run.engine);
  }

  progress(entry: Entry, event: EventOf<'progress'>): void {
    entry.outputTokens = Math.max(entry.outputTokens, event.outputTokens);
    entry.continuation = event.continuation ?? entry.continuation;
    this.#chargeSoFar(entry);
    this.#dispatch.refreshVictim(entry);
  }

  stopped(entry: Entry, event: EventOf<'stopped'>): void {
    const roster = this.#roster;
    const run = entry.run!;
    entry.outputTokens = Math.max(entry.outputTokens, event.outputTokens);
    this.#chargeSoFar(entry);
    // A bounced request was turned away by its engine: nothing of it ran, so even `none` may try again, for as long as it may wait.
    const untouched = event.cause === 'bounced' && entry.outputTokens === run.tokensAtStart;
    switch (event.cause) {
      case 'evicted':
        entry.evictions += 1;
        break;
      case 'lost':
        entry.lostRuns += 1;
        entry.untie();
        this.#fleet.pause(run.engine, roster.limits.lostPauseMs);
        break;
      case 'bounced':
        entry.lostRuns += untouched ? 0 : 1;
        run.engine.capacity.observe({ kind: 'bounced', at: roster.now });
        this.#fleet.pause(run.engine, roster.limits.bouncePauseMs);
        break;
    }
    const engine = this.#dispatch.vacate(entry);
    if (untouched || (entry.mayRunAgain && entry.lostRuns <= roster.limits.lostRunsMax)) {
      this.#admission.readmit(entry, untouched ? entry.patienceEndsAt : undefined);
      this.#dispatch.fill(engine);
      if (entry.run === null && !this.#dispatch.place(entry)) {
        this.#dispatch.reclaim(entry.group!);
      }
      return;
    }
    roster.settle(entry, 0);
    roster.forget(entry);
    roster.decisions.push({ kind: 'fail', id: entry.spec.id, tier: entry.tier });
    this.#dispatch.fill(engine);
  }

  #chargeSoFar(entry: Entry): void {
    this.#roster.charge(entry, this.#roster.policy.cost(entry.spec.inputTokens, entry.outputTokens));
  }
}
