import type { Answer } from '../http/answer.ts';
import { EngineRun, ENDLESS, type RunEnd, type RunLimits } from './engine-run.ts';
import { ReaderWatch } from './reader-watch.ts';

export interface StreamOwner {
  /** The first bytes are there; the client's stream must be open when this returns. */
  streamBegins(): void;
  /** How many tokens there are now, and when the last of them were read. */
  streamed(tokens: number, at: number): void;
  /** The client takes its answer more slowly than it comes, so the rest of it is left in the network for a while. */
  heldUp(at: number): void;
  runEnded(end: RunEnd): void;
  /** The client takes nothing of its answer. */
  readerTooSlow(): void;
}

/** What a stream has come to so far. */
export interface StreamState {
  readonly tokens: number;
  /** The error object of an engine that failed inside its stream. */
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
  readonly #state: StreamState;
  readonly #reader: ReaderWatch;

  constructor(owner: StreamOwner, state: StreamState, answer: Answer, limits: RunLimits, slowReaderMs: number) {
    super(limits);
    this.#owner = owner;
    this.#state = state;
    this.answer = answer;
    this.#reader = new ReaderWatch(answer, slowReaderMs);
  }

  /** Takes bytes in. Throws where they are not events. */
  protected abstract read(chunk: Buffer): void;
  /** Gives the client what the bytes that were read mean for it. */
  protected abstract write(): void;
  protected abstract tellCompleted(): void;

  protected override received(chunk: Buffer): void {
    try {
      this.read(chunk);
    } catch {
      this.fail({ kind: 'unusable', detail: 'it sent a stream that is not made of JSON events' });
      return;
    }
    if (this.#state.error !== null) {
      this.fail({ kind: 'unusable', detail: 'it reported a failure inside its stream' });
      return;
    }
    if (this.#state.tokens > this.limits.streamTokensMax) {
      this.fail(ENDLESS);
      return;
    }
    this.write();
    this.#owner.streamed(this.#state.tokens, this.heardAt);
    if (this.#state.marked) this.#finish();
    else if (this.answer.state === 'flowing' && this.answer.congested) this.#waitForRoom();
  }

  protected override completed(): void {
    if (this.#state.whole) this.#finish();
    else this.fail({ kind: 'lost', detail: 'it ended its stream before the end marker' });
  }

  protected override ended(end: RunEnd): void {
    // The choice had its finish; only the mark after it is missing.
    if (end.kind === 'lost' && this.#state.whole) this.tellCompleted();
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
