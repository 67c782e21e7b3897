import type { StreamRelay } from '@offpeak/dialects';
import { FRAME_HEAD, FRAME_TAIL, type Answer } from '../http/answer.ts';
import type { RunLimits } from './engine-run.ts';
import { StreamRun, type StreamOwner } from './stream-run.ts';

export interface RelayOwner extends StreamOwner {
  streamCompleted(): void;
}

/** A stream that passes through as bytes: tiers that are never evicted, so nothing of it has to be kept. */
export class RelayRun extends StreamRun {
  readonly #owner: RelayOwner;
  readonly #relay: StreamRelay;
  #out: Buffer | null = null;
  #begun = false;

  constructor(owner: RelayOwner, relay: StreamRelay, answer: Answer, limits: RunLimits, slowReaderMs: number) {
    super(owner, relay, answer, limits, slowReaderMs);
    this.#owner = owner;
    this.#relay = relay;
  }

  protected override read(chunk: Buffer): void {
    this.#out = this.#relay.push(chunk, FRAME_HEAD, FRAME_TAIL);
  }

  protected override write(): void {
    if (this.#out === null) return;
    if (!this.#begun) {
      this.#begun = true;
      this.#owner.streamBegins();
    }
    this.answer.streamBytes(this.#out);
    this.#out = null;
  }

  protected override tellCompleted(): void {
    this.#owner.streamCompleted();
  }
}
