import { IndexedHeap } from '../../structures/indexed-heap.ts';
import { entryBefore, type Entry } from './entry.ts';
import { accountBefore, type Account } from './fair-shares.ts';

/** The tickets of one project in one lane. */
export class Flow {
  readonly lane: Lane;
  readonly account: Account;
  readonly tickets: IndexedHeap<'queueSlot', Entry> = new IndexedHeap('queueSlot', entryBefore);
  laneSlot = -1;

  constructor(lane: Lane, account: Account) {
    this.lane = lane;
    this.account = account;
  }
}

/** One tier's queue of one group: projects by what they were served, inside a project by deadline. */
export class Lane {
  readonly #flows = new Map<string, Flow>();
  readonly #order = new IndexedHeap<'laneSlot', Flow>('laneSlot', (a, b) => accountBefore(a.account, b.account));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  head(): Entry | undefined {
    return this.#order.peek()?.tickets.peek();
  }

  /** In no particular order. */
  entries(): Entry[] {
    return [...this.#flows.values()].flatMap((flow) => flow.tickets.values());
  }

  add(entry: Entry, account: Account): void {
    let flow = this.#flows.get(account.project);
    if (flow === undefined) {
      flow = new Flow(this, account);
      this.#flows.set(account.project, flow);
      account.flows.add(flow);
    }
    entry.flow = flow;
    flow.tickets.place(entry);
    this.#order.place(flow);
    this.#size += 1;
  }

  remove(entry: Entry): void {
    const flow = entry.flow!;
    flow.tickets.remove(entry);
    entry.flow = null;
    this.#size -= 1;
    if (flow.tickets.size === 0) {
      this.#order.remove(flow);
      this.#flows.delete(flow.account.project);
      flow.account.flows.delete(flow);
    }
  }

  /** The flow's account was charged. True when another flow is first now. */
  reorder(flow: Flow): boolean {
    const before = this.#order.peek();
    this.#order.place(flow);
    return this.#order.peek() !== before;
  }
}
