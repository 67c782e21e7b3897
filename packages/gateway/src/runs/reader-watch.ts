import type { Answer } from '../http/answer.ts';

/** Waits for a client that does not take its answer as fast as it comes, and not for ever. */
export class ReaderWatch {
  readonly #answer: Answer;
  readonly #slowReaderMs: number;
  #timer: NodeJS.Timeout | null = null;

  constructor(answer: Answer, slowReaderMs: number) {
    this.#answer = answer;
    this.#slowReaderMs = slowReaderMs;
  }

  waitForRoom(room: () => void, tooSlow: () => void): void {
    if (this.#timer !== null) return;
    this.#timer = setTimeout(tooSlow, this.#slowReaderMs);
    this.#answer.onceDrained(() => {
      this.stop();
      room();
    });
  }

  stop(): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
  }
}
