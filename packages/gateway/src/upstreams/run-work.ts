import type { EngineWork } from './engine-work.ts';

/** Counts one run into the work of its engine, as far as it is told of. */
export class RunWork {
  readonly #engine: EngineWork;
  readonly #evictable: boolean;
  readonly #inputTokens: number;
  #prompted = false;
  #tokens: number;

  /** `tokens`: those of earlier runs, which this one reads with its prompt. */
  constructor(engine: EngineWork, evictable: boolean, inputTokens: number, tokens: number) {
    this.#engine = engine;
    this.#evictable = evictable;
    this.#inputTokens = inputTokens;
    this.#tokens = tokens;
  }

  /** Its prompt is read. */
  prompted(at: number): void {
    if (this.#prompted) return;
    this.#prompted = true;
    this.#engine.prompt(this.#evictable, this.#inputTokens + this.#tokens, at);
  }

  /** It has come to so many tokens. */
  reached(tokens: number, at: number): void {
    const more = tokens - this.#tokens;
    if (more <= 0) return;
    const context = this.#inputTokens + (tokens + this.#tokens) / 2;
    this.#engine.wrote(this.#evictable, more, more * context, at);
    this.#tokens = tokens;
  }
}
