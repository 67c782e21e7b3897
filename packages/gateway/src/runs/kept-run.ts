import type { KeptAnswer } from '@offpeak/dialects';
import type { Answer } from '../http/answer.ts';
import type { RunLimits } from './engine-run.ts';
import type { RunEnd } from './run-end.ts';
import { StreamRun, type StreamOwner } from './stream-run.ts';

export interface KeptOwner extends StreamOwner {
  /** The tier's word at this moment. */
  servedWord(): string;
  /** What a streaming client of its wire is to get for this part of an OpenAI stream. */
  inOwnWire(text: string): Buffer | string;
  keptCompleted(): void;
}

/** One run of a request that may be evicted: streamed from the engine even when the client wants the answer in one piece. */
export class KeptRun extends StreamRun {
  readonly #owner: KeptOwner;
  readonly #kept: KeptAnswer;
  readonly #streamsOut: boolean;
  #out = '';

  constructor(
    owner: KeptOwner,
    kept: KeptAnswer,
    answer: Answer,
    streamsOut: boolean,
    limits: RunLimits,
    slowReaderMs: number,
  ) {
    super(owner, answer, limits, slowReaderMs);
    this.#owner = owner;
    this.#kept = kept;
    this.#streamsOut = streamsOut;
  }

  protected override get state(): KeptAnswer {
    return this.#kept;
  }

  protected override endOf(): RunEnd {
    return { kind: 'unusable', detail: 'it reported a failure inside its stream' };
  }

  protected override read(chunk: Buffer): void {
    this.#out = this.#kept.push(chunk, this.#owner.servedWord());
  }

  protected override write(): void {
    if (!this.#streamsOut || this.#out === '') return;
    this.#owner.streamBegins();
    this.answer.streamText(this.#owner.inOwnWire(this.#out));
  }

  protected override tellCompleted(): void {
    this.#owner.keptCompleted();
  }
}
