import type { ChoiceListener, ChoiceRun, ChoiceTask } from '../server/backend.ts';
import { RequestProblem } from '../server/problem.ts';
import type { Token } from '../server/token.ts';
import type { LlamaModel } from './binding.ts';
import type { SaidToken } from './interrupted-answers.ts';
import type { LaidOutPrompt } from './prompts.ts';
import { TokenText } from './token-text.ts';

/** Who keeps the runs, and is told when one gives up. */
export interface RunOwner {
  readonly model: LlamaModel;
  nowMs(): number;
  stopped(run: LlamaRun): void;
}

/**
 * One choice in the engine.
 *
 * waiting  has no slot yet. Left when the loop gives it one, or when it is stopped.
 * running  has a slot, and gets tokens. Left at its last token, when it fails, or when it is stopped.
 * ended    is told nothing more. A slot that it had is free when the step that was under way is over.
 */
export class LlamaRun implements ChoiceRun {
  readonly prompt: LaidOutPrompt;
  readonly task: ChoiceTask;
  /** The number of this choice of its prompt. */
  readonly choice: number;
  state: 'waiting' | 'running' | 'ended' = 'waiting';
  cachedTokens = 0;
  readonly said: SaidToken[] = [];
  readonly #owner: RunOwner;
  readonly #listener: ChoiceListener;
  readonly #text: TokenText;

  constructor(owner: RunOwner, prompt: LaidOutPrompt, choice: number, task: ChoiceTask, listener: ChoiceListener) {
    this.#owner = owner;
    this.prompt = prompt;
    this.choice = choice;
    this.task = task;
    this.#listener = listener;
    const { model } = owner;
    this.#text = new TokenText((tokens, before) => model.detokenize(tokens, false, before), prompt.tokens);
  }

  /** Tokens that it generated, in order. */
  generatedTokens(): readonly number[] {
    return this.said.map(({ token }) => token);
  }

  stop(): void {
    if (this.state === 'ended') return;
    this.#owner.stopped(this);
    this.state = 'ended';
  }

  take(token: number): void {
    if (this.state === 'ended') return;
    const { sampling, maxTokens } = this.task;
    const isEnd = this.#owner.model.isEogToken(token);
    const text = isEnd ? '' : this.#text.push(token);
    this.said.push({ token, text });
    const count = this.said.length;
    if (isEnd && !sampling.ignoreEos && count > sampling.minTokens) this.#tell(this.#text.flush(), 'stop');
    else if (count >= maxTokens) this.#tell(text + this.#text.flush(), 'length');
    else this.#tell(text, undefined);
  }

  fail(error: unknown): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    const reason = error instanceof Error ? error.message : String(error);
    this.#listener.failed(
      new RequestProblem(500, 'InternalServerError', `llama.cpp failed on this request: ${reason}`),
    );
  }

  #tell(text: string, end: 'stop' | 'length' | undefined): void {
    const token: Token | undefined = text === '' ? undefined : { text };
    if (end !== undefined) this.state = 'ended';
    this.#listener.generated(this.#owner.nowMs(), token, end);
  }
}
