/** Delays shorter than this get a timer of their own: there a second matters. */
const LONG_MS_MIN = 30_000;
const TICK_MS = 1_000;

export interface LongTimer {
  cancel(): void;
}

/**
 * Timers of half a minute and more, to the second. Nearly all of them are cancelled within milliseconds (a request that is read and
 * answered), so arming and cancelling has to cost next to nothing: an entry in a set that is looked at once a second.
 */
export class LongTimers {
  /** By the tick at which they are due. */
  readonly #due = new Map<number, Set<Task>>();
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
    let tasks = this.#due.get(tick);
    if (tasks === undefined) {
      tasks = new Set();
      this.#due.set(tick, tasks);
    }
    const task = new Task(run, tasks);
    tasks.add(task);
    return task;
  }

  stop(): void {
    clearInterval(this.#interval);
  }

  #advance(): void {
    this.#tick += 1;
    const tasks = this.#due.get(this.#tick);
    if (tasks === undefined) return;
    this.#due.delete(this.#tick);
    for (const task of tasks) task.run();
  }
}

class Task implements LongTimer {
  readonly run: () => void;
  readonly #tasks: Set<Task>;

  constructor(run: () => void, tasks: Set<Task>) {
    this.run = run;
    this.#tasks = tasks;
  }

  cancel(): void {
    this.#tasks.delete(this);
  }
}
