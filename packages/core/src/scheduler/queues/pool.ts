import { TIERS, rankOf, type Tier } from '../../tiers/tier.ts';
import type { Engine } from '../engines/engine.ts';
import { DueProfile } from '../../structures/due-profile.ts';
import { DrainRate } from '../forecast/drain-rate.ts';
import { RunTimes } from '../forecast/run-times.ts';
import { entryBefore, type Entry } from './entry.ts';
import { accountBefore, FairShares, type FairnessLimits } from './fair-shares.ts';
import { Group } from './group.ts';
import { Namings } from './naming.ts';
import { ALL_STANDINGS, compareStandings, INTERACTIVE } from './standing.ts';

/** So many groups without tickets are kept for the next ones: who pays with keys of their own comes again. */
const IDLE_GROUPS_MAX = 1_000;

/** Everything that waits for one model, and the engines that serve it. */
export class Pool {
  readonly model: string;
  /** Known engines by name, up or not, in the order in which they came. */
  readonly engines: Map<string, Engine> = new Map();
  /** Grows whenever engines come, change or go. */
  generation = 0;
  readonly runTimes: RunTimes = new RunTimes();
  /** Tickets that are not gone. */
  tickets = 0;
  /** Batch that waits and goes before flex. */
  urgent = 0;
  readonly #shares: readonly FairShares[];
  /** How often places came free that a tier can use: by tier, as soon as some engine does not take all of them. */
  #drains: readonly DrainRate[] = [new DrainRate()];
  /** Most tickets can run on every engine. Their group stays; the others come and go with theirs. */
  readonly #common: Group = new Group(keyOf('*', 0, false), this, null, 0, false);
  readonly #groups = new Map<string, Group>([[this.#common.key, this.#common]]);
  /** Those of them that are not for named engines. */
  readonly #open = new Set<Group>([this.#common]);
  /** The others, by each of their engines, but for the newest: most are gone at once, because their first ticket starts. */
  readonly #pinned = new Map<string, Set<Group>>();
  #newest: Group | null = null;
  readonly #namings = new Namings();
  /** Those that lost their first ticket since this was last asked for. */
  readonly #left = new Set<Group>();
  #commonLeft = false;
  /** Without tickets, longest so first. */
  readonly #idle = new Map<string, Group>();
  /** What differs between engines, looked up once for each generation of them. */
  #sizes: readonly number[] = [];
  #own: readonly Engine[] = [];
  #lookedUp = -1;

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

  get queuedInteractive(): number {
    return this.shares('priority').queued + this.shares('standard').queued;
  }

  /** An interactive ticket that waits, before all others of its group; none that only some lanes may take now. */
  get someInteractive(): Entry | undefined {
    if (this.queuedInteractive === 0) {
      return undefined;
    }
    for (const group of this.#groups.values()) {
      const head = group.retries ? undefined : group.head(false, INTERACTIVE);
      if (head !== undefined) {
        return head;
      }
    }
    return undefined;
  }

  /** Those of these names, or all. */
  enginesOf(names: readonly string[] | null): Iterable<Engine> {
    return names === null ? this.engines.values() : this.#namings.of(names).among(this.engines, this.generation);
  }

  /** The operator's own. */
  get ownEngines(): readonly Engine[] {
    this.#lookUp();
    return this.#own;
  }

  /** The first ticket of the group is another one now, or none. */
  headLeft(group: Group): void {
    if (group === this.#common) {
      this.#commonLeft = true;
    } else {
      this.#left.add(group);
    }
  }

  /** The engines that might take one of the tickets that wait, or that one kept from tickets of other models until it left. */
  takeEnginesConcerned(): Iterable<Engine> {
    const groups = [...this.#left];
    this.#left.clear();
    if (this.#commonLeft || this.#common.size > 0) {
      this.#commonLeft = false;
      return this.engines.values();
    }
    for (const group of this.#groups.values()) {
      if (group.size > 0 && group !== groups[0]) groups.push(group);
    }
    if (groups.some(({ pins }) => pins === null)) {
      return this.engines.values();
    }
    return groups.length === 1 ? groups[0]!.engines : enginesOfAll(groups);
  }

  drain(tier: Tier): DrainRate {
    return this.#drains.length === 1 ? this.#drains[0]! : this.#drains[rankOf(tier)]!;
  }

  /** A place came free on the engine. */
  released(engine: Engine, at: number): void {
    const [all] = this.#drains;
    if (this.#drains.length > 1) {
      for (const tier of TIERS) {
        if (engine.takesTier(tier)) this.drain(tier).released(at);
      }
    } else {
      all!.released(at);
    }
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
    this.headLeft(entry.group!);
    this.#regroup(entry);
  }

  /** The ticket that this engine should run next, where that is plain to see; undefined also where it is not. */
  plainHeadFor(engine: Engine, batchIsDue: boolean): Entry | undefined {
    return this.#groups.size === 1 ? this.#common.head(batchIsDue, engine.standings) : undefined;
  }

  /** The ticket that this engine should run next, whether or not it fits right now. */
  headFor(engine: Engine, batchIsDue: boolean, at: number): Entry | undefined {
    if (this.#groups.size === 1) {
      return this.#fittingHead(this.#common, engine, batchIsDue);
    }
    let best: Entry | undefined;
    for (const group of this.#open) {
      best = this.#better(best, group, engine, batchIsDue, at);
    }
    // The newest before the listed: where looking at one regroups a ticket, that makes another the newest, and lists this one.
    if (this.#newest !== null) {
      best = this.#better(best, this.#newest, engine, batchIsDue, at);
    }
    const pinned = this.#pinned.get(engine.name);
    if (pinned !== undefined) {
      for (const group of pinned) best = this.#better(best, group, engine, batchIsDue, at);
    }
    return best;
  }

  #better(best: Entry | undefined, group: Group, engine: Engine, batchIsDue: boolean, at: number): Entry | undefined {
    const mayRetry = !group.retries || engine.retries === null || engine.retries.opensAt <= at;
    const head = mayRetry && group.servedBy(engine) ? this.#fittingHead(group, engine, batchIsDue) : undefined;
    return head !== undefined && (best === undefined || headBefore(head, best, batchIsDue)) ? head : best;
  }

  /** A new size of engine may suit tickets that were grouped for larger ones. These are few: most fit everywhere. */
  engineCame(engine: Engine): void {
    this.engines.set(engine.name, engine);
    this.generation += 1;
    if (engine.standings !== ALL_STANDINGS && this.#drains.length === 1) {
      const [all] = this.#drains;
      this.#drains = TIERS.map(() => all!.copy());
    }
    const forLarger = [...this.#groups.values()].filter(({ kvFloor }) => kvFloor > engine.capacity.kvTokensLimit);
    for (const entry of forLarger.flatMap((group) => group.lanes.flatMap((lane) => lane.entries()))) {
      this.#regroup(entry);
    }
  }

  engineGone(engine: Engine): void {
    this.engines.delete(engine.name);
    this.generation += 1;
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
    let head = group.head(batchIsDue, engine.standings);
    while (head !== undefined && head.tokensMax > engine.capacity.kvTokensLimit) {
      this.#regroup(head);
      head = group.head(batchIsDue, engine.standings);
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
    if (group === this.#common || group.size > 0 || group.reliefs > 0) {
      return;
    }
    this.#groups.delete(group.key);
    if (group.pins === null) this.#open.delete(group);
    else if (group === this.#newest) this.#newest = null;
    else this.#unlist(group, group.pins);
    this.#idle.set(group.key, group);
    if (this.#idle.size > IDLE_GROUPS_MAX) {
      this.#idle.delete(this.#idle.keys().next().value!);
    }
  }

  #groupFor(entry: Entry): Group {
    const pins = entry.engines;
    const kvFloor = this.#kvFloorFor(entry.tokensMax);
    const retries = entry.bounces > 0 && this.#own.length < this.engines.size;
    if (pins === null && kvFloor === 0 && !retries) {
      return this.#common;
    }
    const key = keyOf(pins === null ? '*' : this.#namings.of(pins).key, kvFloor, retries);
    const known = this.#groups.get(key);
    if (known !== undefined) {
      return known;
    }
    const group = this.#idle.get(key) ?? new Group(key, this, pins === null ? null : new Set(pins), kvFloor, retries);
    this.#idle.delete(key);
    this.#groups.set(key, group);
    if (group.pins === null) {
      this.#open.add(group);
    } else {
      if (this.#newest !== null) this.#list(this.#newest, this.#newest.pins!);
      this.#newest = group;
    }
    return group;
  }

  #list(group: Group, pins: ReadonlySet<string>): void {
    for (const name of pins) {
      const sharing = this.#pinned.get(name);
      if (sharing === undefined) this.#pinned.set(name, new Set([group]));
      else sharing.add(group);
    }
  }

  #unlist(group: Group, pins: ReadonlySet<string>): void {
    for (const name of pins) {
      const sharing = this.#pinned.get(name)!;
      sharing.delete(group);
      if (sharing.size === 0) this.#pinned.delete(name);
    }
  }

  /**
   * 0 when every engine is large enough, else the size of the smallest one that is, else a power of two: few distinct values
   * make few groups.
   */
  #kvFloorFor(tokens: number): number {
    this.#lookUp();
    if (tokens <= (this.#sizes[0] ?? Infinity)) {
      return 0;
    }
    const smallest = this.#sizes.find((size) => size >= tokens) ?? Infinity;
    return smallest === Infinity ? 2 ** Math.ceil(Math.log2(tokens)) : smallest;
  }

  #lookUp(): void {
    if (this.#lookedUp !== this.generation) {
      this.#lookedUp = this.generation;
      const engines = [...this.engines.values()];
      this.#own = engines.filter(({ provider }) => !provider);
      this.#sizes = [...new Set(engines.map(({ capacity }) => capacity.kvTokensLimit))].sort((a, b) => a - b);
    }
  }
}

/** Those of a long list of names are not put together for each ticket. */
function keyOf(names: string, kvFloor: number, retries: boolean): string {
  return kvFloor === 0 && !retries ? names : `${String(kvFloor)} ${retries ? 'again ' : ''}${names}`;
}

/** Each once, where it first comes. */
function enginesOfAll(groups: readonly Group[]): readonly Engine[] {
  const all: Engine[] = [];
  for (const group of groups) {
    for (const engine of group.engines) {
      if (engine.listedIn !== all) {
        engine.listedIn = all;
        all.push(engine);
      }
    }
  }
  return all;
}

function headBefore(a: Entry, b: Entry, batchIsDue: boolean): boolean {
  const byStanding = compareStandings(a.standing, b.standing, batchIsDue);
  if (byStanding !== 0) {
    return byStanding < 0;
  }
  // One project's tickets can wait in several groups, of which none may always come first.
  return a.account === b.account ? entryBefore(a, b) : accountBefore(a.account!, b.account!);
}
