import type { WireHeaders } from '@offpeak/dialects';
import { FRAME_HEAD, FRAME_TAIL, type Answer } from '../http/answer.ts';
import type { RunLimits } from './engine-run.ts';
import type { Relay } from './relay.ts';
import type { RunEnd } from './run-end.ts';
import { StreamRun, type StreamOwner } from './stream-run.ts';

export interface RelayOwner extends StreamOwner {
  /** An upstream begins to answer: what its stream goes through. */
  relayFor(headers: WireHeaders): Relay;
  /** What the relay's error means. */
  endOf(error: unknown): RunEnd;
  streamCompleted(): void;
}

/** A stream that is handed on as it comes: tiers that are never evicted, and providers, so nothing of it has to be kept. */
export class RelayRun extends StreamRun {
  readonly #owner: RelayOwner;
  #relay: Relay | null = null;
  #out: Buffer | null = null;
  #begun = false;

  constructor(owner: RelayOwner, answer: Answer, limits: RunLimits, slowReaderMs: number) {
    super(owner, answer, limits, slowReaderMs);
    this.#owner = owner;
  }

  protected override get state(): Relay {
    return this.#relay!;
  }

  protected override begins(headers: WireHeaders): void {
    this.#relay = this.#owner.relayFor(headers);
  }

  protected override endOf(error: unknown): RunEnd {
    return this.#owner.endOf(error);
  }

  protected override read(chunk: Buffer): void {
    this.#out = this.#relay!.push(chunk, FRAME_HEAD, FRAME_TAIL);
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
