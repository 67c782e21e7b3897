import { Chain } from '../../structures/chain.ts';
import { rankOf, TIERS, type Tier } from '../../tiers/tier.ts';
import type { Ask, CapacityModel, CapacitySignal, EngineLoad } from '../../capacity/capacity-model.ts';
import { IndexedHeap } from '../../structures/indexed-heap.ts';
import type { Place } from '../events.ts';
import type { EvictionOrder } from '../policy/policy.ts';
import type { Entry } from '../queues/entry.ts';
import type { Pool } from '../queues/pool.ts';
import { ALL_STANDINGS, isAmong, STANDING_OF, type Standings } from '../queues/standing.ts';
import type { Run } from './run.ts';
import { Seat } from './seat.ts';
import type { RetryBudget } from './retry-budget.ts';
import { onceRead, Tally, without } from './tally.ts';

/** A refusal is looked at again after this even where nothing happened: models may forget with time. */
const REFUSAL_MS_MAX = 100;

/**
 * One engine, of the operator's own or a hosted provider's lane: what it holds, and what it would hold without the tickets that can give way.
 * - `up`: takes starts, unless paused after a bounce or a loss;
 * - down (`up` false): takes none, and what runs there goes on;
 * - `removed`: as down, and forgotten when its last ticket left.
 */
export class Engine {
  readonly name: string;
  /** Grows with each engine that comes, for ties. */
  readonly seq: number;
  #capacity: CapacityModel;
  /** Of a lane alone: how often it may be sent what it bounced. */
  retries: RetryBudget | null = null;
  /** It takes tickets of these standings alone. */
  standings: Standings = ALL_STANDINGS;
  up = false;
  removed = false;
  pausedUntil: number = -Infinity;
  pools: readonly Pool[] = [];
  readonly runs: Chain<Run> = new Chain();
  /** Running tickets that may be evicted, the first to go on top. */
  readonly victims: IndexedHeap<'victimSlot', Run>;
  /** Evictions that are under way and expected soon. */
  stopping = 0;
  /** Evictions that did not come in time. While there are any, this engine is not asked for more. */
  overdue = 0;
  /** Place in the heap of engine timers, and when it is due. */
  timerSlot = -1;
  timerAt: number = Infinity;
  /** The last list that it was put on, so that it is on none twice. */
  listedIn: readonly Engine[] | null = null;
  readonly #runningByTier: number[] = TIERS.map(() => 0);
  readonly #turns = new Map<Pool, number>();
  readonly #seats = new Map<Pool, Seat>();
  readonly #beat = { count: 0 };
  readonly #held = new Tally(this.#beat);
  readonly #leaving = new Tally(this.#beat);
  readonly #evictable = new Tally(this.#beat);
  /** What was refused since anything last changed here: tokens of the prompt, KV, and until when that counts. */
  readonly #refused = { interactive: new Float64Array(3), evictable: new Float64Array(3) };
  /** The run that is followed token by token, and when its last token came; null: none, or none since it is followed. */
  watched: Run | null = null;
  watchedAt: number | null = null;
  /** Its first token since it is followed; null before. */
  watchedFrom: number | null = null;
  /** The newest evictable run whose prompt is being read. */
  flexPrompt: Run | null = null;
  /** Flex tickets that started since the last batch ticket. */
  flexSinceBatch = 0;
  /** Runs that tell nothing before their end and are still taken to read their prompt, the first to be done on top. */
  readonly #silent = new IndexedHeap<'silentSlot', Run>('silentSlot', (a, b) => a.silentUntil < b.silentUntil);

  constructor(name: string, seq: number, capacity: CapacityModel, order: EvictionOrder) {
    this.name = name;
    this.seq = seq;
    this.#capacity = capacity;
    this.victims = new IndexedHeap('victimSlot', order);
  }

  /** It is a lane. What runs there holds nothing of ours: it never has to give way. */
  get provider(): boolean {
    return this.retries !== null;
  }

  get capacity(): CapacityModel {
    return this.#capacity;
  }

  /** It announced another size: what was learned of the old one is forgotten. */
  set capacity(capacity: CapacityModel) {
    this.#capacity = capacity;
    this.changed();
  }

  get load(): EngineLoad {
    return this.#held;
  }

  get runningByTier(): readonly number[] {
    return this.#runningByTier;
  }

  available(at: number): boolean {
    return this.up && at >= this.pausedUntil;
  }

  /** Whether it takes tickets such as this one, of its tier, at all. */
  takes(entry: Entry): boolean {
    return isAmong(entry.standing, this.standings);
  }

  takesTier(tier: Tier): boolean {
    return isAmong(STANDING_OF[tier], this.standings);
  }

  /** The model learns what happened here. */
  observe(signal: CapacitySignal): void {
    this.#capacity.observe(signal, this.#held);
    this.changed();
  }

  /** The engine did not admit the ticket. True when its model changed its mind about slots for that. */
  limited(entry: Entry, at: number): boolean {
    const before = this.#capacity.slotsLimit;
    this.#capacity.observe({ kind: 'limited', at, ask: askOf(entry), slots: this.#held.slots }, this.#held);
    const isNews = this.#capacity.slotsLimit !== before;
    if (isNews) {
      this.changed();
    }
    return isNews;
  }

  admits(entry: Entry, at: number): boolean {
    this.settleSilent(at);
    if (this.refusesAsBefore(entry, at)) {
      return false;
    }
    const admitted = this.#capacity.admits(askOf(entry), this.#held, at);
    if (!admitted) {
      const refused = entry.interactive ? this.#refused.interactive : this.#refused.evictable;
      // Most refusals are of anybody: slots, a prompt that is being read, steps that are long enough.
      const takesLess = this.#capacity.admits(askForNothing(entry.tier), this.#held, at);
      refused[0] = takesLess ? entry.promptTokens : 0;
      refused[1] = takesLess ? entry.tokensMax : 0;
      refused[2] = at + REFUSAL_MS_MAX;
    }
    return admitted;
  }

  /** Whoever asked for no more was refused, and nothing has changed since: most of the time, in a full fleet. */
  refusesAsBefore(entry: Entry, at: number): boolean {
    const refused = entry.interactive ? this.#refused.interactive : this.#refused.evictable;
    return at < refused[2]! && entry.tokensMax >= refused[1]! && entry.promptTokens >= refused[0]!;
  }

  /** Nobody of the kind would get in, whatever is asked for, and nothing has changed since that was found. */
  refusesEveryone(interactive: boolean, at: number): boolean {
    const refused = interactive ? this.#refused.interactive : this.#refused.evictable;
    return at < refused[2]! && refused[0] === 0 && refused[1] === 0;
  }

  /** Before then it takes no such ticket, whatever happens meanwhile; in the past where it may. */
  closedUntil(entry: Entry, at: number): number {
    return Math.max(this.pausedUntil, this.#capacity.closedUntil?.(askOf(entry), at) ?? -Infinity);
  }

  /** The same for whoever asks for most. */
  closedUntilAtMost(at: number): number {
    return Math.max(this.pausedUntil, this.#capacity.closedUntil?.(ASK_FOR_ALL, at) ?? -Infinity);
  }

  /** What was refused is asked again. */
  changed(): void {
    this.#refused.interactive[2] = -Infinity;
    this.#refused.evictable[2] = -Infinity;
  }

  /** Once the evictions under way are through. */
  admitsSoon(entry: Entry, at: number): boolean {
    return this.#capacity.admits(askOf(entry), without(this.#held, this.#leaving, null), at);
  }

  /** Once the prompts that it reads are read. */
  admitsOnceRead(entry: Entry, at: number): boolean {
    return this.#capacity.admits(askOf(entry), onceRead(this.#held), at);
  }

  /** If everything that may give way did. */
  couldAdmit(entry: Entry, at: number): boolean {
    return this.#capacity.admits(askOf(entry), without(this.#held, this.#leaving, this.#evictable), at);
  }

  /** Whether more must give way than is leaving already. */
  strained(at: number): boolean {
    return this.#evictable.slots > 0 && this.#capacity.strained(without(this.#held, this.#leaving, null), at);
  }

  /** Whether prompts wait here for more places than are being given up. */
  backlogged(at: number): boolean {
    return this.#capacity.backlogged?.(without(this.#held, this.#leaving, null), at) ?? false;
  }

  firstTokenMs(entry: Entry, at: number): number | null {
    const stepAgeMs = this.watched === null || this.watchedAt === null ? null : at - this.watchedAt;
    return this.#capacity.firstTokenMs(askOf(entry), this.#held, stepAgeMs);
  }

  /** The pool that was served longest ago is next among pools whose heads are of one tier. */
  turnOf(pool: Pool): number {
    return this.#turns.get(pool) ?? 0;
  }

  serve(pools: readonly Pool[], places: Readonly<Record<string, Place>>): void {
    this.pools = pools;
    for (const pool of this.#turns.keys()) {
      if (!pools.includes(pool)) {
        this.#turns.delete(pool);
      }
    }
    for (const pool of this.#seats.keys()) {
      if (!pools.includes(pool)) {
        this.#seats.delete(pool);
      }
    }
    for (const pool of pools) {
      let seat = this.#seats.get(pool);
      if (seat === undefined) {
        seat = new Seat();
        this.#seats.set(pool, seat);
      }
      seat.moveTo(places[pool.model]);
    }
  }

  /** Its place among the engines of a pool that it serves. */
  seatIn(pool: Pool): Seat {
    return this.#seats.get(pool)!;
  }

  take(run: Run): void {
    this.changed();
    this.runs.add(run);
    this.#runningByTier[rankOf(run.entry.tier)]! += 1;
    this.#turns.set(run.entry.pool, run.nth);
    this.#held.add(run);
    const { tier, interactive, tokensMax: tokens, bounces } = run.entry;
    if (!interactive) {
      this.flexPrompt = run;
      this.flexSinceBatch = tier === 'batch' ? 0 : this.flexSinceBatch + 1;
    }
    if (this.retries !== null) {
      this.observe({ kind: 'started', at: run.startedAt, nth: run.nth, tokens });
      if (bounces > 0) this.retries.took(run.startedAt);
    }
  }

  /** `completed`: with a whole answer. */
  release(run: Run, completed: boolean, at: number): void {
    this.#letGo(run);
    if (this.retries !== null) {
      const answered = completed && run.ttftMs === null;
      this.observe({ kind: 'ended', at, nth: run.nth, answered });
      if (answered) this.retries.succeeded(at);
    }
  }

  #letGo(run: Run): void {
    this.changed();
    this.setVictim(run, false);
    this.#silent.remove(run);
    this.runs.remove(run);
    this.#runningByTier[rankOf(run.entry.tier)]! -= 1;
    this.#held.remove(run);
    if (this.watched === run) {
      this.watched = null;
    }
    if (this.flexPrompt === run) {
      this.flexPrompt = null;
    }
  }

  runningOf(tier: Tier): number {
    return this.#runningByTier[rankOf(tier)]!;
  }

  setVictim(run: Run, possible: boolean): void {
    const was = this.victims.has(run);
    if (possible) {
      this.victims.place(run);
    } else {
      this.victims.remove(run);
    }
    if (was !== possible) {
      if (possible) this.#evictable.add(run);
      else this.#evictable.remove(run);
    }
  }

  evictionBegan(run: Run): void {
    this.setVictim(run, false);
    this.stopping += 1;
    run.leaving = true;
    this.#leaving.add(run);
  }

  /** The eviction is through, lost the race to the answer's end, or is no longer expected. */
  evictionEnded(run: Run): void {
    this.stopping -= 1;
    run.leaving = false;
    this.#leaving.remove(run);
  }

  /** Its prompt is read: it is a stream now, whose context grows with every beat. */
  decodes(run: Run): void {
    this.#silent.remove(run);
    if (this.flexPrompt === run) {
      this.flexPrompt = null;
    }
    if (!run.decoding) {
      this.#changes(run, () => {
        run.decoding = true;
        run.contextTokens += 1;
        run.contextBeat = this.#beat.count;
      });
    }
  }

  contextIs(run: Run, tokens: number): void {
    if (run.decoding && run !== this.watched) {
      this.#changes(run, () => {
        run.contextTokens = tokens;
        run.contextBeat = this.#beat.count;
      });
    }
  }

  /** Steps were heard of all the time since then. */
  wasFollowedSince(at: number): boolean {
    return this.watched !== null && this.watchedFrom !== null && this.watchedFrom <= at;
  }

  /** Every stream has `tokens` more. */
  beat(tokens: number): void {
    this.changed();
    this.#beat.count += tokens;
  }

  /** Nothing will be told of this run before its end: it is taken to read its prompt until then. */
  silentUntil(run: Run, until: number): void {
    run.silentUntil = until;
    this.#silent.place(run);
  }

  settleSilent(at: number): void {
    for (let run = this.#silent.peek(); run !== undefined && run.silentUntil <= at; run = this.#silent.peek()) {
      this.decodes(run);
    }
  }

  /** When the next of the prompts of which nothing is told is taken to be read; null where there is none. */
  get unseenUntil(): number | null {
    return this.#silent.peek()?.silentUntil ?? null;
  }

  #changes(run: Run, change: () => void): void {
    this.changed();
    const tallies = [this.#held];
    if (run.leaving) tallies.push(this.#leaving);
    if (this.victims.has(run)) tallies.push(this.#evictable);
    for (const tally of tallies) tally.remove(run);
    change();
    for (const tally of tallies) tally.add(run);
  }
}

function askOf(entry: Entry): Ask {
  ask.tier = entry.tier;
  ask.promptTokens = entry.promptTokens;
  ask.kvTokens = entry.tokensMax;
  return ask;
}

function askForNothing(tier: Tier): Ask {
  ask.tier = tier;
  ask.promptTokens = 0;
  ask.kvTokens = 0;
  return ask;
}

const ASK_FOR_ALL: Ask = { tier: 'standard', promptTokens: Infinity, kvTokens: Infinity };

/** Reused: asked and answered before the next. */
const ask: { -readonly [K in keyof Ask]: Ask[K] } = { tier: 'standard', promptTokens: 0, kvTokens: 0 };
