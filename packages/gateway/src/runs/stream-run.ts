import type { Answer } from '../http/answer.ts';
import { EngineRun, type RunLimits } from './engine-run.ts';
import { ReaderWatch } from './reader-watch.ts';
import { ENDLESS, garbledEnd, type RunEnd } from './run-end.ts';

export interface StreamOwner {
  /** The first bytes are there; the client's stream must be open when this returns. */
  streamBegins(): void;
  /** How many tokens there are now, and when the last of them were read. */
  streamed(tokens: number, at: number): void;
  /** The client takes its answer more slowly than it comes, so the rest of it is left in the network for a while. */
  heldUp(at: number): void;
  runEnded(end: RunEnd): void;
  /** Something of ours threw: there is no telling what is missing, and nothing more will come. */
  broke(error: unknown): void;
  /** The client takes nothing of its answer. */
  readerTooSlow(): void;
}

/** What a stream has come to so far. */
export interface StreamState {
  readonly tokens: number;
  /** What an upstream said that failed inside its stream. */
  readonly error: unknown;
  /** The end marker came. */
  readonly marked: boolean;
  /** Nothing of the answer is missing, with or without the marker. */
  readonly whole: boolean;
}

/** One run whose answer comes as a stream: read as it comes, passed on as fast as the client takes it, ended at its mark. */
export abstract class StreamRun extends EngineRun {
  protected readonly answer: Answer;
  readonly #owner: StreamOwner;
  readonly #reader: ReaderWatch;

  constructor(owner: StreamOwner, answer: Answer, limits: RunLimits, slowReaderMs: number) {
    super(limits);
    this.#owner = owner;
    this.answer = answer;
    this.#reader = new ReaderWatch(answer, slowReaderMs);
  }

  /** Not asked for before the upstream began to answer. */
  protected abstract get state(): StreamState;
  /** What it means that the upstream failed inside its stream. */
  protected abstract endOf(error: unknown): RunEnd;
  /** Takes bytes in. Throws where they are not events. */
  protected abstract read(chunk: Buffer): void;
  /** Gives the client what the bytes that were read mean for it. */
  protected abstract write(): void;
  protected abstract tellCompleted(): void;

  protected override received(chunk: Buffer): void {
    try {
      this.read(chunk);
    } catch (error) {
      this.fail(garbledEnd('it sent a stream that is not one of its wire', error));
      return;
    }
    const { state } = this;
    if (state.error !== null) {
      this.fail(this.endOf(state.error));
      return;
    }
    if (state.tokens > this.limits.streamTokensMax) {
      this.fail(ENDLESS);
      return;
    }
    this.write();
    this.#owner.streamed(state.tokens, this.heardAt);
    if (state.marked) this.#finish();
    else if (this.answer.state === 'flowing' && this.answer.congested) this.#waitForRoom();
  }

  protected override completed(): void {
    if (this.state.whole) this.#finish();
    else this.fail({ kind: 'lost', detail: 'it ended its stream before the end marker' });
  }

  protected override broke(error: unknown): void {
    this.#owner.broke(error);
  }

  protected override ended(end: RunEnd): void {
    // The choice had its finish; only the mark after it is missing.
    if (end.kind === 'lost' && this.began && this.state.whole) this.tellCompleted();
    else this.#owner.runEnded(end);
  }

  override abort(): void {
    this.#reader.stop();
    super.abort();
  }

  #waitForRoom(): void {
    // What it told led to its own eviction.
    if (this.over) return;
    this.#owner.heldUp(this.heardAt);
    if (this.over) return;
    this.pause();
    this.#reader.waitForRoom(
      () => {
        this.resume();
      },
      () => {
        this.#owner.readerTooSlow();
      },
    );
  }

  #finish(): void {
    // As above.
    if (this.over) return;
    this.close();
    this.tellCompleted();
  }
}
