import type { ChoiceListener, ChoicePlan, ChoiceRun, FinishReason } from './backend.ts';
import type { EngineMetrics } from './metrics.ts';
import type { RequestProblem } from './problem.ts';
import type { Sampling } from './sampling.ts';
import { StopFilter } from './stop-filter.ts';
import type { Token } from './token.ts';

export interface Finish {
  readonly reason: FinishReason;
  /** The stop string that ended the answer. */
  readonly stopReason: string | null;
}

export interface GenerationListener {
  /** Called with the tokens that may leave; with the finish exactly once, at the end. */
  tokens(tokens: readonly Token[], finish: Finish | undefined): void;
  /** The engine broke down over it; nothing follows. */
  failed(problem: RequestProblem): void;
}

/** What generations report to. */
export interface GenerationEngine {
  readonly metrics: EngineMetrics;
  nowMs(): number;
}

/** One choice while the engine generates it: stop strings, counts and metrics, whatever the engine is. */
export class Generation implements ChoiceListener {
  readonly promptTokens: number;
  readonly #engine: GenerationEngine;
  readonly #listener: GenerationListener;
  readonly #filter: StopFilter;
  readonly #run: ChoiceRun;
  readonly #arrivalMs: number;
  #previousMs: number;
  #generatedTokens = 0;
  #done = false;

  constructor(
    id: string,
    plan: ChoicePlan,
    sampling: Sampling,
    maxTokens: number,
    engine: GenerationEngine,
    listener: GenerationListener,
  ) {
    this.promptTokens = plan.promptTokens;
    this.#engine = engine;
    this.#listener = listener;
    this.#filter = new StopFilter(sampling.stop, sampling.includeStop);
    this.#arrivalMs = engine.nowMs();
    this.#previousMs = this.#arrivalMs;
    this.#run = plan.start({ id, arrivalMs: this.#arrivalMs, maxTokens, sampling }, this);
  }

  get generatedTokens(): number {
    return this.#generatedTokens;
  }

  get cachedTokens(): number {
    return this.#run.cachedTokens;
  }

  /** Stops the engine's work on it. */
  abort(): void {
    if (this.#done) return;
    this.#done = true;
    this.#run.stop();
    this.#engine.metrics.onFinish('abort', this.#engine.nowMs() - this.#arrivalMs);
  }

  generated(atMs: number, token: Token | undefined, end: FinishReason | undefined): void {
    if (this.#done) return;
    const { metrics } = this.#engine;
    if (this.#generatedTokens === 0) metrics.onFirstToken(this.promptTokens, atMs - this.#arrivalMs);
    else metrics.onNextToken(atMs - this.#previousMs);
    this.#previousMs = atMs;
    this.#generatedTokens++;
    const released: Token[] = [];
    const match = token === undefined ? undefined : this.#filter.push(token, released);
    let finish: Finish | undefined;
    if (match !== undefined) finish = { reason: 'stop', stopReason: match.stop };
    else if (end !== undefined) finish = { reason: end, stopReason: null };
    if (finish !== undefined) {
      if (match === undefined) this.#filter.flush(released);
      this.#done = true;
      this.#run.stop();
      metrics.onFinish(finish.reason === 'length' ? 'length' : 'stop', atMs - this.#arrivalMs);
    }
    if (released.length > 0 || finish !== undefined) this.#listener.tokens(released, finish);
  }

  failed(problem: RequestProblem): void {
    if (this.#done) return;
    this.#done = true;
    this.#engine.metrics.onFinish('abort', this.#engine.nowMs() - this.#arrivalMs);
    this.#listener.failed(problem);
  }
}
