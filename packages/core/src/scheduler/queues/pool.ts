import { TIERS, rankOf, type Tier } from '../../tiers/tier.ts';
import type { Engine } from '../engines/engine.ts';
import { DueProfile } from '../../structures/due-profile.ts';
import { DrainRate } from '../forecast/drain-rate.ts';
import { RunTimes } from '../forecast/run-times.ts';
import { entryBefore, type Entry } from './entry.ts';
import { accountBefore, FairShares, type FairnessLimits } from './fair-shares.ts';
import { Group } from './group.ts';
import { compareStandings } from './standing.ts';

/** Everything that waits for one model, and the engines that serve it. */
export class Pool {
  readonly model: string;
  /** Known engines, up or not, in the order in which they came. */
  readonly engines: Set<Engine> = new Set();
  readonly drain: DrainRate = new DrainRate();
  readonly runTimes: RunTimes = new RunTimes();
  /** Tickets that are not gone. */
  tickets = 0;
  /** Batch that waits and goes before flex. */
  urgent = 0;
  readonly #shares: readonly FairShares[];
  /** Most tickets can run on every engine. Their group stays; the others come and go with theirs. */
  readonly #common: Group = new Group(this, null, 0);
  readonly #groups = new Map<string, Group>([[keyOf(null, 0), this.#common]]);
  /** KV of the smallest engine; null: to be looked up. */
  #kvSmallest: number | null = null;

  constructor(model: string, limits: FairnessLimits) {
    this.model = model;
    this.#shares = TIERS.map(() => new FairShares(limits));
  }

  get groups(): Iterable<Group> {
    return this.#groups.values();
  }

  get queued(): number {
    return this.#shares.reduce((sum, shares) => sum + shares.queued, 0);
  }

  shares(tier: Tier): FairShares {
    return this.#shares[rankOf(tier)]!;
  }

  add(entry: Entry): void {
    const shares = this.shares(entry.tier);
    const account = shares.account(entry.spec.project);
    shares.enqueued(account);
    entry.account = account;
    entry.urgent = false;
    if (entry.tier === 'batch') {
      account.due ??= new DueProfile();
      account.due.add(entry.orderAt);
    }
    this.#join(entry, this.#groupFor(entry));
  }

  remove(entry: Entry): void {
    this.#leave(entry);
    if (entry.tier === 'batch') {
      entry.account!.due!.remove(entry.orderAt);
      this.urgent -= entry.urgent ? 1 : 0;
    }
    this.shares(entry.tier).dequeued(entry.account!);
  }

  /** A batch ticket that waits can wait no longer. */
  escalate(entry: Entry): void {
    const group = entry.group!;
    group.lane(entry.standing).remove(entry);
    entry.urgent = true;
    this.urgent += 1;
    group.lane(entry.standing).add(entry, entry.account!);
  }

  /** A ticket that was tied to engines is not any more. */
  untied(entry: Entry): void {
    this.#regroup(entry);
  }

  /** The ticket that any engine should run next; undefined also where that differs between engines. */
  headForAll(batchIsDue: boolean): Entry | undefined {
    return this.#groups.size === 1 ? this.#common.head(batchIsDue) : undefined;
  }

  /** The ticket that this engine should run next, whether or not it fits right now. */
  headFor(engine: Engine, batchIsDue: boolean): Entry | undefined {
    if (this.#groups.size === 1) {
      return this.#fittingHead(this.#common, engine, batchIsDue);
    }
    let best: Entry | undefined;
    for (const group of this.#groups.values()) {
      const head = group.servedBy(engine) ? this.#fittingHead(group, engine, batchIsDue) : undefined;
      if (head !== undefined && (best === undefined || headBefore(head, best, batchIsDue))) {
        best = head;
      }
    }
    return best;
  }

  /** A new size of engine may suit tickets that were grouped for larger ones. These are few: most fit everywhere. */
  engineCame(engine: Engine): void {
    this.engines.add(engine);
    this.#kvSmallest = null;
    const forLarger = [...this.#groups.values()].filter(({ kvFloor }) => kvFloor > engine.capacity.kvTokensLimit);
    for (const entry of forLarger.flatMap((group) => group.lanes.flatMap((lane) => lane.entries()))) {
      this.#regroup(entry);
    }
  }

  engineGone(engine: Engine): void {
    this.engines.delete(engine);
    this.#kvSmallest = null;
  }

  /** Tickets that waited for this engine's cache may go elsewhere. True when there are any. */
  engineWent(engine: Engine): boolean {
    const tied = [...this.#groups.values()].filter(({ pins }) => pins?.has(engine.name) === true);
    const freed = tied
      .flatMap((group) => group.lanes.flatMap((lane) => lane.entries()))
      .filter((entry) => entry.untie());
    for (const entry of freed) {
      this.#regroup(entry);
    }
    return freed.length > 0;
  }

  /** A relief that was decided for the group has come, or is no longer expected. */
  relieved(group: Group): void {
    group.reliefs -= 1;
    this.#dropIfIdle(group);
  }

  /** An engine may have shrunk since the ticket was grouped; then the ticket moves to the group of larger engines. */
  #fittingHead(group: Group, engine: Engine, batchIsDue: boolean): Entry | undefined {
    let head = group.head(batchIsDue);
    while (head !== undefined && head.tokensMax > engine.capacity.kvTokensLimit) {
      this.#regroup(head);
      head = group.head(batchIsDue);
    }
    return head;
  }

  #regroup(entry: Entry): void {
    this.#leave(entry);
    this.#join(entry, this.#groupFor(entry));
  }

  #join(entry: Entry, group: Group): void {
    entry.group = group;
    group.lane(entry.standing).add(entry, entry.account!);
  }

  #leave(entry: Entry): void {
    const group = entry.group!;
    group.lane(entry.standing).remove(entry);
    entry.group = null;
    this.#dropIfIdle(group);
  }

  #dropIfIdle(group: Group): void {
    if (group !== this.#common && group.size === 0 && group.reliefs === 0) {
      this.#groups.delete(keyOf(group.pins, group.kvFloor));
    }
  }

  #groupFor(entry: Entry): Group {
    const pins = entry.engines;
    const kvFloor = this.#kvFloorFor(entry.tokensMax);
    if (pins === null && kvFloor === 0) {
      return this.#common;
    }
    const key = keyOf(pins, kvFloor);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new Group(this, pins === null ? null : new Set(pins), kvFloor);
      this.#groups.set(key, group);
    }
    return group;
  }

  /**
   * 0 when every engine is large enough, else the size of the smallest one that is, else a power of two: few distinct values
   * make few groups.
   */
  #kvFloorFor(tokens: number): number {
    this.#kvSmallest ??= this.#smallestFrom(0);
    if (tokens <= this.#kvSmallest) {
      return 0;
    }
    const smallest = this.#smallestFrom(tokens);
    return smallest === Infinity ? 2 ** Math.ceil(Math.log2(tokens)) : smallest;
  }

  /** KV of the smallest engine that has so much; Infinity where none has, or where its KV is unknown. */
  #smallestFrom(tokens: number): number {
    let smallest = Infinity;
    for (const { capacity } of this.engines) {
      if (capacity.kvTokensLimit >= tokens) {
        smallest = Math.min(smallest, capacity.kvTokensLimit);
      }
    }
    return smallest;
  }
}

function keyOf(pins: Iterable<string> | null, kvFloor: number): string {
  return `${String(kvFloor)} ${pins === null ? '*' : JSON.stringify([...pins].sort())}`;
}

function headBefore(a: Entry, b: Entry, batchIsDue: boolean): boolean {
  const byStanding = compareStandings(a.standing, b.standing, batchIsDue);
  if (byStanding !== 0) {
    return byStanding < 0;
  }
  // One project's tickets can wait in several groups, of which none may always come first.
  return a.account === b.account ? entryBefore(a, b) : accountBefore(a.account!, b.account!);
}
