import type { SequenceView } from '../loop/sequence.ts';
import type { Answer } from '../text/answer.ts';
import type { PromptScan } from '../text/prompt-scan.ts';
import type { EngineMetrics } from './metrics.ts';
import type { RealTimeDriver } from './real-time-driver.ts';
import type { Sampling } from './sampling.ts';
import { StopFilter } from './stop-filter.ts';
import type { Token } from './stop-filter.ts';

/** One choice of an answer as it enters the engine. */
export interface ChoicePlan {
  /** The whole prompt, with what it already holds of the answer. */
  readonly prompt: PromptScan;
  readonly answer: Answer;
  /** Tokens of the answer that the prompt already holds. */
  readonly position: number;
  /** Said where the answer ends by itself. */
  readonly naturalFinish: 'stop' | 'tool_calls';
}

export interface Finish {
  readonly reason: 'stop' | 'length' | 'tool_calls';
  /** The stop string that ended the answer. */
  readonly stopReason: string | null;
}

/** Called per step with the tokens that may leave; with the finish exactly once, at the end. */
export type GenerationListener = (tokens: readonly Token[], finish: Finish | undefined) => void;

/** What generations run on and report to. */
export interface GenerationEngine {
  readonly driver: RealTimeDriver;
  readonly metrics: EngineMetrics;
}

/** One choice while the engine generates it. */
export class Generation {
  readonly #id: string;
  readonly #plan: ChoicePlan;
  readonly #driver: RealTimeDriver;
  readonly #metrics: EngineMetrics;
  readonly #listener: GenerationListener;
  readonly #filter: StopFilter;
  readonly #outputTokens: number;
  /** The last token is the end mark, which has no text. */
  readonly #endsByItself: boolean;
  readonly #view: SequenceView;
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
    this.#id = id;
    this.#plan = plan;
    this.#driver = engine.driver;
    this.#metrics = engine.metrics;
    this.#listener = listener;
    this.#filter = new StopFilter(sampling.stop, sampling.includeStop);
    const naturalTokens = Math.max(plan.answer.end - plan.position, sampling.minTokens) + 1;
    this.#endsByItself = !sampling.ignoreEos && naturalTokens <= maxTokens;
    this.#outputTokens = this.#endsByItself ? naturalTokens : maxTokens;
    this.#arrivalMs = this.#driver.nowMs();
    this.#previousMs = this.#arrivalMs;
    const prompt = plan.prompt;
    const promptTokens = prompt.tokens;
    this.#view = this.#driver.submit(
      {
        id,
        priority: sampling.priority,
        arrivalMs: this.#arrivalMs,
        promptTokens,
        outputTokens: this.#outputTokens,
        blockKey: (index) => {
          while (prompt.blocks <= index) {
            prompt.addToken(plan.answer.tokenAt(plan.position + prompt.tokens - promptTokens));
          }
          return prompt.key(index);
        },
      },
      (atMs, finished) => this.#onToken(atMs, finished),
    );
  }

  get generatedTokens(): number {
    return this.#generatedTokens;
  }

  get cachedTokens(): number {
    return this.#view.cachedTokens;
  }

  get promptTokens(): number {
    return this.#view.request.promptTokens;
  }

  /** Stops the engine's work on it; its blocks are free from the next step on. */
  abort(): void {
    if (this.#done) return;
    this.#done = true;
    this.#driver.abort(this.#id);
    this.#metrics.onFinish('abort', this.#driver.nowMs() - this.#arrivalMs);
  }

  #onToken(atMs: number, finished: boolean): void {
    if (this.#generatedTokens === 0) this.#metrics.onFirstToken(this.promptTokens, atMs - this.#arrivalMs);
    else this.#metrics.onNextToken(atMs - this.#previousMs);
    this.#previousMs = atMs;
    const position = this.#plan.position + this.#generatedTokens++;
    const isEnd = this.#endsByItself && finished;
    const released: Token[] = [];
    const match = isEnd
      ? undefined
      : this.#filter.push({ position, text: this.#plan.answer.tokenAt(position) }, released);
    let finish: Finish | undefined;
    if (match !== undefined) finish = { reason: 'stop', stopReason: match.stop };
    else if (isEnd) finish = { reason: this.#plan.naturalFinish, stopReason: null };
    else if (finished) finish = { reason: 'length', stopReason: null };
    if (finish !== undefined) {
      if (match === undefined) this.#filter.flush(released);
      this.#done = true;
      this.#driver.abort(this.#id);
      this.#metrics.onFinish(finish.reason === 'length' ? 'length' : 'stop', atMs - this.#arrivalMs);
    }
    if (released.length > 0 || finish !== undefined) this.#listener(released, finish);
  }
}
