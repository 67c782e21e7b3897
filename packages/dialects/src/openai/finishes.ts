/** Which choices of a stream have finished. An answer with some of them missing is cut off, however well the others ended. */
export class Finishes {
  readonly #expected: number;
  readonly #indexes = new Set<unknown>();

  constructor(expected: number) {
    this.#expected = expected;
  }

  /** Takes a choice of a chunk. */
  note({ index, finish_reason: reason }: { readonly index?: unknown; readonly finish_reason?: unknown }): void {
    // Once all are there it does not matter which more an upstream makes up.
    if (reason !== null && reason !== undefined && !this.all) this.#indexes.add(index ?? 0);
  }

  get all(): boolean {
    return this.#indexes.size >= this.#expected;
  }

  reset(): void {
    this.#indexes.clear();
  }
}
