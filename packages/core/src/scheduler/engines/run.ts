import type { Entry } from '../queues/entry.ts';
import type { Group } from '../queues/group.ts';
import type { Engine } from './engine.ts';

/** One stay of a ticket on an engine. */
export class Run {
  readonly entry: Entry;
  readonly engine: Engine;
  readonly startedAt: number;
  /** Grows with each start anywhere. */
  readonly nth: number;
  /** Of its ticket, over all runs until this one. */
  readonly tokensBefore: number;
  /** Those that this run goes on from, and then those that it has come to. */
  readonly tokensAtStart: number;
  tokens: number;
  /** Output tokens up to which its account was charged. */
  tokensCharged: number;
  /** Null until the first token of this run. */
  ttftMs: number | null = null;
  /** Place among the engine's possible victims; -1 while it is not one. */
  victimSlot = -1;
  /** What its first token was expected to take when it started; null where nothing was known. */
  expectedMs: number | null = null;
  /** Its first token came, or would have, of a run that tells nothing before its end. */
  decoding = false;
  /** What it must read (until it decodes), then its context when that was last told, and the engine's beat then. */
  contextTokens: number;
  contextBeat = 0;
  /** Until when it is taken to read its prompt, where it tells nothing before its end, and its place among those. */
  silentUntil: number = Infinity;
  silentSlot = -1;
  /** Its client slows it down, so that it must not be followed. */
  heldUp = false;
  /** It is being evicted, and the eviction is expected soon. */
  leaving = false;
  /** Whose tickets that is for; null: for the engine's own sake. */
  relief: Group | null = null;
  /** Its eviction takes longer than evictions may. */
  overdue = false;
  newer: Run | null = null;
  older: Run | null = null;
  chained = false;

  constructor(entry: Entry, engine: Engine, nth: number, at: number) {
    this.entry = entry;
    this.engine = engine;
    this.nth = nth;
    this.startedAt = at;
    this.tokensBefore = entry.outputTokens;
    this.tokensAtStart = entry.tokensKept;
    this.tokens = this.tokensAtStart;
    this.tokensCharged = entry.outputTokens;
    this.contextTokens = entry.promptTokens;
  }
}
