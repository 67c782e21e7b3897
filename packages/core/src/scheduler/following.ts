import type { Engine } from './engines/engine.ts';
import type { Run } from './engines/run.ts';
import type { Roster } from './roster.ts';

/** One stream of each engine whose model learns from it is followed token by token. */
export class Following {
  readonly #roster: Roster;

  constructor(roster: Roster) {
    this.#roster = roster;
  }

  /** The run streams: it is followed if its engine has none that is. */
  begins(run: Run): void {
    const { engine } = run;
    if (engine.watched === null && canBeFollowed(run)) {
      engine.watched = run;
      engine.watchedAt = null;
      engine.watchedFrom = null;
      this.#roster.decisions.push({ kind: 'watch', id: run.entry.spec.id, engine: engine.name });
    }
  }

  /** The run is over or will be, or tells nothing of its engine any more: another is followed, the newest, which lasts longest. */
  ends(run: Run): void {
    if (run.engine.watched === run) {
      run.engine.watched = null;
      this.another(run.engine);
    }
  }

  another(engine: Engine): void {
    if (engine.watched !== null || !engine.capacity.wantsBeats) {
      return;
    }
    for (const run of engine.runs) {
      if (canBeFollowed(run)) {
        this.begins(run);
        return;
      }
    }
  }
}

function canBeFollowed(run: Run): boolean {
  const { entry, engine, ttftMs, heldUp } = run;
  return engine.capacity.wantsBeats && ttftMs !== null && entry.state === 'running' && !heldUp && !entry.silent;
}
