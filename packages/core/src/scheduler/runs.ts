import type { Admission } from './admission.ts';
import type { Dispatch } from './dispatch.ts';
import type { Evictions } from './evictions.ts';
import type { EventOf } from './events.ts';
import type { Fleet } from './fleet.ts';
import type { Following } from './following.ts';
import type { Entry } from './queues/entry.ts';
import type { Run } from './engines/run.ts';
import type { Roster } from './roster.ts';

/** A stream that is followed is charged for as often as the others, not at each token. */
const WATCHED_CHARGE_TOKENS = 32;

/** What drivers tell about tickets that started: how far they are, how they ended, and whether they run again. */
export class Runs {
  readonly #roster: Roster;
  readonly #dispatch: Dispatch;
  readonly #evictions: Evictions;
  readonly #following: Following;
  readonly #admission: Admission;
  readonly #fleet: Fleet;

  constructor(
    roster: Roster,
    dispatch: Dispatch,
    evictions: Evictions,
    following: Following,
    admission: Admission,
    fleet: Fleet,
  ) {
    this.#roster = roster;
    this.#dispatch = dispatch;
    this.#evictions = evictions;
    this.#following = following;
    this.#admission = admission;
    this.#fleet = fleet;
  }

  committed(entry: Entry): void {
    entry.committed = true;
    this.#evictions.refreshVictim(entry);
  }

  /** Also of a ticket that waits: it may have run before. */
  cancel(entry: Entry, outputTokens: number): void {
    const roster = this.#roster;
    entry.outputTokens = Math.max(entry.outputTokens, outputTokens);
    const { inputTokens } = entry.spec;
    if (entry.run === null) {
      roster.unqueue(entry, false);
      if (entry.runs > 0) {
        roster.settle(entry, inputTokens + entry.outputTokens);
      }
      roster.giveBack(entry);
      roster.forget(entry);
      return;
    }
    this.#end(entry, inputTokens, entry.outputTokens, false);
  }

  finish(entry: Entry, event: EventOf<'finish'>): void {
    const { now } = this.#roster;
    const run = entry.run!;
    if (event.outcome === 'completed') {
      const runMs = now - run.startedAt;
      const { runTimes } = entry.pool;
      runTimes.finished(run.ttftMs ?? runMs, runMs, event.outputTokens - run.tokensAtStart);
      runTimes.answered(event.outputTokens, entry.spec.outputTokensMax);
    }
    this.#end(entry, event.inputTokens, event.outputTokens, event.outcome === 'completed');
  }

  /** A running ticket is over, and these are the tokens that it really used. */
  #end(entry: Entry, inputTokens: number, outputTokens: number, completed: boolean): void {
    const roster = this.#roster;
    roster.charge(entry, roster.policy.cost(inputTokens, outputTokens));
    const engine = this.#dispatch.vacate(entry, completed);
    roster.settle(entry, inputTokens + outputTokens);
    roster.forget(entry);
    for (const pool of engine.pools) {
      pool.released(engine, roster.now);
    }
    this.#following.another(engine);
    this.#dispatch.fill(engine);
  }

  firstToken(entry: Entry): void {
    const run = entry.run!;
    if (run.ttftMs !== null) {
      return;
    }
    const at = this.#roster.now;
    const { engine } = run;
    run.ttftMs = at - run.startedAt;
    const inputTokens = run.contextTokens;
    engine.decodes(run);
    const { ttftMs, expectedMs } = run;
    const { tier } = entry;
    const unclear = entry.runs > 1 || !engine.wasFollowedSince(run.startedAt);
    const { nth } = run;
    engine.observe({ kind: 'first-token', at, nth, tier, ttftMs, expectedMs, inputTokens, unclear });
    engine.retries?.succeeded(at);
    this.#following.begins(run);
    this.#dispatch.fill(engine);
  }

  progress(entry: Entry, event: EventOf<'progress'>): void {
    const run = entry.run!;
    const tokens = event.outputTokens - run.tokens;
    run.tokens = Math.max(run.tokens, event.outputTokens);
    entry.outputTokens = Math.max(entry.outputTokens, event.outputTokens);
    if (event.continuation !== undefined) {
      entry.continuation = event.continuation;
      this.#evictions.refreshVictim(entry);
    }
    if (event.heldUp === true) {
      run.heldUp = true;
      this.#following.ends(run);
    }
    if (run.engine.watched === run) {
      this.#beat(run, tokens);
      if (entry.outputTokens - run.tokensCharged < WATCHED_CHARGE_TOKENS) return;
    }
    run.tokensCharged = entry.outputTokens;
    run.engine.contextIs(run, entry.spec.inputTokens + run.tokens);
    this.#chargeSoFar(entry);
    this.#evictions.refreshVictim(entry);
  }

  /** The stream that is followed got more tokens: so did every other stream of its engine. */
  #beat(run: Run, tokens: number): void {
    const { engine } = run;
    const at = this.#roster.now;
    engine.settleSilent(at);
    if (tokens > 0) {
      engine.beat(tokens);
      if (engine.watchedAt !== null) {
        const unseen = engine.unseenUntil !== null;
        engine.observe({ kind: 'beat', at, tokens, gapMs: at - engine.watchedAt, unseen });
      }
      engine.watchedAt = at;
      engine.watchedFrom ??= at;
    }
    this.#evictions.ease(engine);
    this.#dispatch.fill(engine);
  }

  stopped(entry: Entry, event: EventOf<'stopped'>): void {
    const roster = this.#roster;
    const run = entry.run!;
    const { pauseMs } = event;
    entry.outputTokens = Math.max(entry.outputTokens, event.outputTokens);
    this.#chargeSoFar(entry);
    // A bounced request was turned away by its engine: nothing of it ran, so even `none` may try again, for as long as it may wait.
    const untouched = event.cause === 'bounced' && entry.outputTokens === run.tokensBefore;
    switch (event.cause) {
      case 'evicted':
        entry.evictions += 1;
        break;
      case 'lost':
        entry.lostRuns += 1;
        entry.untie();
        this.#fleet.pause(run.engine, pauseMs ?? roster.limits.lostPauseMs, pauseMs !== undefined);
        break;
      case 'bounced':
        entry.lostRuns += untouched ? 0 : 1;
        entry.bounces += 1;
        run.engine.observe({ kind: 'bounced', at: roster.now, nth: run.nth });
        this.#fleet.pause(run.engine, pauseMs ?? roster.limits.bouncePauseMs, true);
        break;
    }
    const engine = this.#dispatch.vacate(entry, false);
    this.#following.another(engine);
    if (untouched && entry.bounces > roster.limits.bouncesMax) {
      this.#admission.turnAway(entry);
      this.#dispatch.fill(engine);
      return;
    }
    if (untouched || (entry.mayRunAgain && entry.lostRuns <= roster.limits.lostRunsMax)) {
      this.#admission.readmit(entry, untouched ? entry.patienceEndsAt : undefined);
      this.#dispatch.fill(engine);
      if (entry.run === null && !this.#dispatch.place(entry, false)) {
        this.#evictions.reclaim(entry.group!);
        this.#admission.reviewWait(entry);
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
