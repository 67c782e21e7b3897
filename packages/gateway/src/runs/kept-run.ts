import type { KeptAnswer } from '@offpeak/dialects';
import type { Answer } from '../http/answer.ts';
import { ENDLESS, EngineRun, type RunEnd, type RunLimits } from './engine-run.ts';
import { ReaderWatch } from './reader-watch.ts';

export interface KeptOwner {
  /** The tier's word at this moment. */
  servedWord(): string;
  streamBegins(): void;
  streamed(tokens: number): void;
  keptCompleted(): void;
  runEnded(end: RunEnd): void;
  readerTooSlow(): void;
}

/** One run of a request that may be evicted: streamed from the engine even when the client wants the answer in one piece. */
export class KeptRun extends EngineRun {
  readonly #owner: KeptOwner;
  readonly #kept: KeptAnswer;
  readonly #answer: Answer;
  readonly #streamsOut: boolean;
  readonly #reader: ReaderWatch;

  constructor(
    owner: KeptOwner,
    kept: KeptAnswer,
    answer: Answer,
    streamsOut: boolean,
    limits: RunLimits,
    slowReaderMs: number,
  ) {
    super(limits);
    this.#owner = owner;
    this.#kept = kept;
    this.#answer = answer;
    this.#streamsOut = streamsOut;
    this.#reader = new ReaderWatch(answer, slowReaderMs);
  }

  protected override received(chunk: Buffer): void {
    let out: string;
    try {
      out = this.#kept.push(chunk, this.#owner.servedWord());
    } catch {
      this.fail({ kind: 'unusable', detail: 'it sent a stream that is not made of JSON events' });
      return;
    }
    if (this.#kept.error !== null) {
      this.fail({ kind: 'unusable', detail: 'it reported a failure inside its stream' });
      return;
    }
    if (this.#kept.tokens > this.limits.streamTokensMax) {
      this.fail(ENDLESS);
      return;
    }
    if (this.#streamsOut && out !== '') {
      this.#owner.streamBegins();
      this.#answer.streamText(out);
    }
    this.#owner.streamed(this.#kept.tokens);
    if (this.#kept.marked) this.#finish();
    else if (this.#streamsOut && this.#answer.congested) {
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
    if (!this.#kept.done) {
      this.fail({ kind: 'lost', detail: 'it ended its stream before the end marker' });
      return;
    }
    this.#finish();
  }

  #finish(): void {
    // Its own first token may have led to its eviction.
    if (this.over) return;
    this.close();
    this.#owner.keptCompleted();
  }

  override abort(): void {
    this.#reader.stop();
    super.abort();
  }

  protected override ended(end: RunEnd): void {
    // The choice had its finish; only the mark after it is missing.
    if (end.kind === 'lost' && this.#kept.done) this.#owner.keptCompleted();
    else this.#owner.runEnded(end);
  }
}
