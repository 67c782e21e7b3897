import type { WireHeaders } from '@offpeak/dialects';
import { EngineRun, type RunLimits } from './engine-run.ts';
import type { RunEnd } from './run-end.ts';

export interface UnaryOwner {
  answered(body: Buffer, headers: WireHeaders): void;
  runEnded(end: RunEnd): void;
  /** Something of ours threw: there is no telling what is missing, and nothing more will come. */
  broke(error: unknown): void;
}

/** A request whose answer comes in one piece. */
export class UnaryRun extends EngineRun {
  readonly #owner: UnaryOwner;
  readonly #bytesMax: number;
  readonly #pieces: Buffer[] = [];
  #size = 0;
  #headers: WireHeaders = {};

  constructor(owner: UnaryOwner, limits: RunLimits, bytesMax: number) {
    super(limits);
    this.#owner = owner;
    this.#bytesMax = bytesMax;
  }

  protected override begins(headers: WireHeaders): void {
    this.#headers = headers;
  }

  protected override received(chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#bytesMax) {
      this.fail({ kind: 'unusable', detail: `its answer is larger than ${this.#bytesMax} bytes` });
      return;
    }
    this.#pieces.push(chunk);
  }

  protected override completed(): void {
    this.close();
    const body = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces, this.#size);
    this.#owner.answered(body, this.#headers);
  }

  protected override broke(error: unknown): void {
    this.#owner.broke(error);
  }

  protected override ended(end: RunEnd): void {
    this.#owner.runEnded(end);
  }
}
