import type { StreamRelay } from '@offpeak/dialects';
import { FRAME_HEAD, FRAME_TAIL, type Answer } from '../http/answer.ts';
import { ReaderWatch } from './reader-watch.ts';
import { ENDLESS, EngineRun, type RunEnd, type RunLimits } from './engine-run.ts';

export interface RelayOwner {
  /** The first bytes are there; the client's stream must be open when this returns. */
  streamBegins(): void;
  /** Tokens came; the relay's count says how many there are now. */
  streamed(tokens: number): void;
  streamCompleted(): void;
  runEnded(end: RunEnd): void;
  /** The client takes nothing of its answer. */
  readerTooSlow(): void;
}

/** A stream that passes through as bytes: tiers that are never evicted, so nothing of it has to be kept. */
export class RelayRun extends EngineRun {
  readonly #owner: RelayOwner;
  readonly #relay: StreamRelay;
  readonly #answer: Answer;
  readonly #reader: ReaderWatch;
  #begun = false;

  constructor(owner: RelayOwner, relay: StreamRelay, answer: Answer, limits: RunLimits, slowReaderMs: number) {
    super(limits);
    this.#owner = owner;
    this.#relay = relay;
    this.#answer = answer;
    this.#reader = new ReaderWatch(answer, slowReaderMs);
  }

  protected override received(chunk: Buffer): void {
    let out: Buffer | null;
    try {
      out = this.#relay.push(chunk, FRAME_HEAD, FRAME_TAIL);
    } catch {
      this.fail({ kind: 'unusable', detail: 'it sent a stream that is not made of JSON events' });
      return;
    }
    if (this.#relay.error !== null) {
      this.fail({ kind: 'unusable', detail: 'it reported a failure inside its stream' });
      return;
    }
    if (this.#relay.tokens > this.limits.streamTokensMax) {
      this.fail(ENDLESS);
      return;
    }
    if (out === null) return;
    if (!this.#begun) {
      this.#begun = true;
      this.#owner.streamBegins();
    }
    this.#answer.streamBytes(out);
    this.#owner.streamed(this.#relay.tokens);
    if (this.#relay.done) this.#finish();
    else if (this.#answer.congested) {
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
  }

  protected override completed(): void {
    if (!this.#relay.done && !this.#relay.finished) {
      this.fail({ kind: 'lost', detail: 'it ended its stream before the end marker' });
      return;
    }
    this.#finish();
  }

  #finish(): void {
    // Its own first token may have led to its eviction.
    if (this.over) return;
    this.close();
    this.#owner.streamCompleted();
  }

  override abort(): void {
    this.#reader.stop();
    super.abort();
  }

  protected override ended(end: RunEnd): void {
    // The choice had its finish; only the mark after it is missing.
    if (end.kind === 'lost' && this.#relay.finished) this.#owner.streamCompleted();
    else this.#owner.runEnded(end);
  }
}
