import type { Entry } from '../queues/entry.ts';
import type { Group } from '../queues/group.ts';
import type { Engine } from './engine.ts';

/** One stay of a ticket on an engine. */
export class Run {
  readonly entry: Entry;
  readonly engine: Engine;
  readonly startedAt: number;
  readonly tokensAtStart: number;
  /** Null until the first token of this run. */
  ttftMs: number | null = null;
  /** Place among the engine's possible victims; -1 while it is not one. */
  victimSlot = -1;
  /** Whose tickets its eviction is for; null unless it is being evicted and the eviction is still expected soon. */
  relief: Group | null = null;
  /** Its eviction takes longer than evictions may. */
  overdue = false;
  newer: Run | null = null;
  older: Run | null = null;
  chained = false;

  constructor(entry: Entry, engine: Engine, at: number) {
    this.entry = entry;
    this.engine = engine;
    this.startedAt = at;
    this.tokensAtStart = entry.outputTokens;
  }
}
