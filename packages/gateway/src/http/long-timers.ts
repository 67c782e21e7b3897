/** Delays shorter than this get a timer of their own: there a second matters. */
const LONG_MS_MIN = 30_000;
const TICK_MS = 1_000;

export interface LongTimer {
  cancel(): void;
}

/**
 * Timers of half a minute and more, to the second. Nearly all of them are cancelled within milliseconds (a request that is read and
 * answered), so arming and cancelling has to cost next to nothing: a place in a list that is looked at once a second. Lists, because
 * sets that are filled and emptied so fast leave work to the garbage collector; see TicketMap.
 */
export class LongTimers {
  /** By the tick at which they are due. */
  readonly #due = new Map<number, Task>();
  #tick = 0;
  readonly #interval: NodeJS.Timeout;

  constructor() {
    this.#interval = setInterval(() => {
      this.#advance();
    }, TICK_MS);
    this.#interval.unref();
  }

  after(delayMs: number, run: () => void): LongTimer {
    if (delayMs < LONG_MS_MIN) {
      const timer = setTimeout(run, delayMs);
      return {
        cancel: () => {
          clearTimeout(timer);
        },
      };
    }
    const tick = this.#tick + Math.floor(delayMs / TICK_MS);
    let head = this.#due.get(tick);
    if (head === undefined) {
      head = new Task(null);
      this.#due.set(tick, head);
    }
    const task = new Task(run);
    task.follow(head);
    return task;
  }

  stop(): void {
    clearInterval(this.#interval);
  }

  #advance(): void {
    this.#tick += 1;
    const head = this.#due.get(this.#tick);
    if (head === undefined) return;
    this.#due.delete(this.#tick);
    for (let task = head.next; task !== null; task = head.next) {
      task.cancel();
      task.run?.();
    }
  }
}

/** A place in the list of one tick; the list's head runs nothing. */
class Task implements LongTimer {
  readonly run: (() => void) | null;
  next: Task | null = null;
  #previous: Task | null = null;

  constructor(run: (() => void) | null) {
    this.run = run;
  }

  follow(head: Task): void {
    this.#previous = head;
    this.next = head.next;
    if (this.next !== null) this.next.#previous = this;
    head.next = this;
  }

  /** Its links are cleared, so that a cancelled task keeps none of the others in memory. */
  cancel(): void {
    if (this.#previous === null) return;
    this.#previous.next = this.next;
    if (this.next !== null) this.next.#previous = this.#previous;
    this.#previous = null;
    this.next = null;
  }
}
