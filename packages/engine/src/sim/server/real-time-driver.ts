import type { StepOutcome } from '../loop/contract.ts';
import type { EngineLoop } from '../loop/engine-loop.ts';
import type { LoopRequest, SequenceView } from '../loop/sequence.ts';

/** Told of each token, with the model's time at which it was ready. */
export type TokenListener = (atMs: number, finished: boolean) => void;

export interface WallClock {
  /** Monotonic, in ms. */
  nowMs(): number;
}

/** How long one turn may catch up on late steps before sockets get their turn. */
const turnMsMax = 5;

/**
 * Runs the loop in real time, scaled by `speed`. The next step begins in the model at the moment the last one ended,
 * whatever the wall clock did meanwhile: a late timer makes the next steps run at once until the model has caught up,
 * and no lateness adds up. Tokens are told when their step ends. At infinite speed every step ends at once, one step
 * per turn of the event loop.
 *
 * idle      nothing to compute, no timer. Left when a request is submitted.
 * stepping  a step is under way and the timer or immediate that ends it is armed. Left when the loop has no work.
 * closed    forever; requests are no longer told anything.
 */
export class RealTimeDriver {
  readonly #loop: EngineLoop;
  readonly #clock: WallClock;
  readonly #speed: number;
  readonly #originMs: number;
  readonly #listeners = new Map<string, TokenListener>();
  #step: StepOutcome | undefined;
  /** The model's time up to which everything has happened. */
  #modelMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(loop: EngineLoop, clock: WallClock, speed: number) {
    this.#loop = loop;
    this.#clock = clock;
    this.#speed = speed;
    this.#originMs = clock.nowMs();
  }

  /** The model's time: wall time since the start, scaled; at infinite speed the time that the steps took. */
  nowMs(): number {
    return Math.max(this.#modelMs, this.#wallModelMs());
  }

  /** How far the model lags behind the scaled wall clock, because the process cannot keep up. */
  lagMs(): number {
    if (this.#step === undefined || this.#speed === Infinity) return 0;
    return Math.max(0, this.#wallModelMs() - this.#stepEndMs(this.#step));
  }

  submit(request: LoopRequest, listener: TokenListener): SequenceView {
    const view = this.#loop.add(request);
    this.#listeners.set(request.id, listener);
    if (this.#step === undefined) this.#continueSoon();
    return view;
  }

  abort(id: string): void {
    if (!this.#listeners.delete(id)) return;
    this.#loop.abort(id);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#listeners.clear();
  }

  #wallModelMs(): number {
    return this.#speed === Infinity ? this.#modelMs : (this.#clock.nowMs() - this.#originMs) * this.#speed;
  }

  #stepEndMs(step: StepOutcome): number {
    return step.startMs + step.durationMs;
  }

  #continueSoon(): void {
    if (this.#closed || this.#immediate !== undefined) return;
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#turn();
    });
  }

  #turn(): void {
    const turnEndMs = this.#clock.nowMs() + turnMsMax;
    for (;;) {
      if (this.#step !== undefined) {
        const endMs = this.#stepEndMs(this.#step);
        if (this.#speed !== Infinity) {
          const waitMs = (endMs - this.#wallModelMs()) / this.#speed;
          if (waitMs > 0) return this.#wakeAfter(waitMs);
        }
        this.#endStep(this.#step, endMs);
      } else {
        this.#modelMs = this.nowMs();
      }
      if (this.#closed || !this.#loop.hasWork) return;
      this.#step = this.#loop.step(this.#modelMs);
      if (this.#speed === Infinity || this.#clock.nowMs() > turnEndMs) return this.#continueSoon();
    }
  }

  #wakeAfter(waitMs: number): void {
    this.#timer = setTimeout(() => this.#turn(), waitMs);
  }

  #endStep(step: StepOutcome, endMs: number): void {
    this.#modelMs = endMs;
    for (const sequence of step.emitted) {
      const id = sequence.request.id;
      const listener = this.#listeners.get(id);
      if (listener === undefined) continue;
      const finished = sequence.state === 'finished';
      if (finished) this.#listeners.delete(id);
      listener(endMs, finished);
    }
    this.#step = undefined;
  }
}
