import { BacklogProfile } from '../../structures/backlog-profile.ts';
import type { DueProfile } from '../../structures/due-profile.ts';
import { IndexedHeap } from '../../structures/indexed-heap.ts';
import type { Flow } from './lane.ts';

export interface FairnessLimits {
  readonly fairnessDebtMax: number;
  readonly idleProjectsMax: number;
}

/** What one project was served in one tier of one pool, in token cost. The project with the least is next. */
export interface Account {
  readonly project: string;
  served: number;
  queued: number;
  running: number;
  /** Where its tickets wait; they must be re-ordered when `served` changes. */
  readonly flows: Set<Flow>;
  /** By when its waiting batch tickets must start; null in other tiers. */
  due: DueProfile | null;
  /** Grows with each activation: equals are served in the order in which they began to wait. */
  activation: number;
  slot: number;
}

export function accountBefore(a: Account, b: Account): boolean {
  return a.served < b.served || (a.served === b.served && a.activation < b.activation);
}

/**
 * Virtual token counters (VTC): each project's counter grows by the cost of what it is served, and the lowest counter is next.
 * Lift: a project that starts to wait is raised to the lowest counter among those that wait, so that idling saves nothing up.
 * Debt: it is also lowered to at most `fairnessDebtMax` above that, so that tokens used while nobody else wanted them cannot shut
 * it out later.
 */
export class FairShares {
  readonly backlog: BacklogProfile = new BacklogProfile();
  readonly #accounts = new Map<string, Account>();
  readonly #waiting = new IndexedHeap<'slot', Account>('slot', accountBefore);
  /** Accounts without tickets, longest idle first. */
  readonly #idle = new Set<Account>();
  readonly #limits: FairnessLimits;
  #floor = 0;
  #activations = 0;
  #queued = 0;

  constructor(limits: FairnessLimits) {
    this.#limits = limits;
  }

  get queued(): number {
    return this.#queued;
  }

  queuedOf(project: string): number {
    return this.#accounts.get(project)?.queued ?? 0;
  }

  account(project: string): Account {
    let account = this.#accounts.get(project);
    if (account === undefined) {
      account = { project, served: 0, queued: 0, running: 0, flows: new Set(), due: null, activation: 0, slot: -1 };
      this.#accounts.set(project, account);
    }
    this.#idle.delete(account);
    return account;
  }

  /** One more ticket of the project waits. */
  enqueued(account: Account): void {
    if (account.queued === 0) {
      this.#activate(account);
    }
    account.queued += 1;
    this.#queued += 1;
    this.backlog.grew(account.queued);
  }

  dequeued(account: Account): void {
    this.backlog.shrank(account.queued);
    account.queued -= 1;
    this.#queued -= 1;
    if (account.queued === 0) {
      this.#raiseFloor();
      this.#waiting.remove(account);
    }
  }

  /** True when some lane has another first ticket because of it. */
  charge(account: Account, cost: number): boolean {
    if (cost === 0) {
      return false;
    }
    account.served += cost;
    if (account.queued > 0) {
      this.#waiting.place(account);
    }
    let moved = false;
    for (const flow of account.flows) {
      moved = flow.lane.reorder(flow) || moved;
    }
    return moved;
  }

  /** To be called when a ticket of the account ended. */
  ended(account: Account): void {
    if (account.queued > 0 || account.running > 0) {
      return;
    }
    if (account.served <= this.#floor) {
      this.#accounts.delete(account.project);
      return;
    }
    this.#idle.add(account);
    if (this.#idle.size > this.#limits.idleProjectsMax) {
      const longest = this.#idle.values().next().value!;
      this.#idle.delete(longest);
      this.#accounts.delete(longest.project);
    }
  }

  #activate(account: Account): void {
    this.#raiseFloor();
    account.served = Math.min(Math.max(account.served, this.#floor), this.#floor + this.#limits.fairnessDebtMax);
    this.#activations += 1;
    account.activation = this.#activations;
    this.#waiting.place(account);
  }

  #raiseFloor(): void {
    this.#floor = Math.max(this.#floor, this.#waiting.peek()?.served ?? 0);
  }
}
