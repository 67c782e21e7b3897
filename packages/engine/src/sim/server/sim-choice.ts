import type { ChoiceListener, ChoicePlan, ChoiceRun, ChoiceTask } from '../../server/backend.ts';
import type { Token } from '../../server/token.ts';
import type { SequenceView } from '../loop/sequence.ts';
import type { Answer } from '../text/answer.ts';
import type { PromptScan } from '../text/prompt-scan.ts';
import { tokenLogprobs } from './logprobs.ts';
import type { RealTimeDriver } from './real-time-driver.ts';
import { ToolAnswer } from './tool-answer.ts';

/** One choice of a simulated answer: its prompt, and the answer that it will get. */
export interface SimPlan {
  /** The whole prompt, with what it already holds of the answer. */
  readonly prompt: PromptScan;
  readonly answer: Answer;
  /** Tokens of the answer that the prompt already holds. */
  readonly position: number;
  /** Said where the answer ends by itself. */
  readonly naturalFinish: 'stop' | 'tool_calls';
  readonly promptText: string;
  /** Alternatives per token to make up log probabilities for; undefined for none. */
  readonly logprobs: number | undefined;
}

/** Lets the loop take the time for an answer that is known beforehand. */
export class SimChoice implements ChoicePlan {
  readonly #plan: SimPlan;
  readonly #driver: RealTimeDriver;

  constructor(plan: SimPlan, driver: RealTimeDriver) {
    this.#plan = plan;
    this.#driver = driver;
  }

  get promptTokens(): number {
    return this.#plan.prompt.tokens;
  }

  get promptText(): string {
    return this.#plan.promptText;
  }

  start(task: ChoiceTask, listener: ChoiceListener): ChoiceRun {
    return new SimRun(this.#plan, this.#driver, task, listener);
  }
}

class SimRun implements ChoiceRun {
  readonly #id: string;
  readonly #plan: SimPlan;
  readonly #driver: RealTimeDriver;
  readonly #listener: ChoiceListener;
  /** The last token is the end mark, which has no text. */
  readonly #endsByItself: boolean;
  readonly #view: SequenceView;
  #position: number;

  constructor(plan: SimPlan, driver: RealTimeDriver, task: ChoiceTask, listener: ChoiceListener) {
    const { id, sampling, maxTokens } = task;
    this.#id = id;
    this.#plan = plan;
    this.#driver = driver;
    this.#listener = listener;
    this.#position = plan.position;
    const naturalTokens = Math.max(plan.answer.end - plan.position, sampling.minTokens) + 1;
    this.#endsByItself = !sampling.ignoreEos && naturalTokens <= maxTokens;
    // Blocks are named later, and adding the answer's tokens to the scan makes it longer.
    const { prompt } = plan;
    const promptTokens = prompt.tokens;
    this.#view = driver.submit(
      {
        id,
        priority: sampling.priority,
        arrivalMs: task.arrivalMs,
        promptTokens,
        outputTokens: this.#endsByItself ? naturalTokens : maxTokens,
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

  get cachedTokens(): number {
    return this.#view.cachedTokens;
  }

  /** Its blocks are free from the next step on. */
  stop(): void {
    this.#driver.abort(this.#id);
  }

  #onToken(atMs: number, finished: boolean): void {
    const position = this.#position++;
    if (finished && this.#endsByItself) this.#listener.generated(atMs, undefined, this.#plan.naturalFinish);
    else this.#listener.generated(atMs, this.#tokenAt(position), finished ? 'length' : undefined);
  }

  #tokenAt(position: number): Token {
    const { answer, logprobs } = this.#plan;
    const text = answer.tokenAt(position);
    const call = answer instanceof ToolAnswer ? answer.pieces[position] : undefined;
    if (call === undefined && logprobs === undefined) return { text };
    return {
      text,
      ...(call === undefined ? {} : { call }),
      ...(logprobs === undefined ? {} : { ranked: tokenLogprobs(position, text, logprobs) }),
    };
  }
}
