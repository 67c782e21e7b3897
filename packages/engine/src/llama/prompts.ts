import type { ChatRequest } from '../server/chat-request.ts';
import type { Prompt } from '../server/completion-request.ts';
import { badRequest } from '../server/problem.ts';
import type { LlamaModel } from './binding.ts';
import type { ChatTemplate } from './chat-template.ts';
import type { InterruptedAnswers } from './interrupted-answers.ts';

export interface LaidOutPrompt {
  readonly tokens: readonly number[];
  /** The prompt in one string, by which an interrupted answer to it is found again; token ids have none. */
  readonly source: string | undefined;
  readonly text: string;
}

/** Turns requests into tokens. */
export class Prompts {
  readonly #model: LlamaModel;
  readonly #template: ChatTemplate;
  readonly #interrupted: InterruptedAnswers;
  readonly #vocabulary: number;

  constructor(model: LlamaModel, template: ChatTemplate, interrupted: InterruptedAnswers) {
    this.#model = model;
    this.#template = template;
    this.#interrupted = interrupted;
    this.#vocabulary = model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0;
  }

  /**
   * An answer that is gone on with stands right behind the place where it began, as it did when it was generated. No template
   * sees it, so none can trim it or close the turn after it.
   */
  chat(request: ChatRequest): LaidOutPrompt {
    const partial = request.continues ? request.messages.at(-1)!.text : '';
    const text = this.#template(request.continues ? request.messages.slice(0, -1) : request.messages);
    const head = `chat ${text}`;
    const source = head + partial;
    const known = this.#interrupted.recall(source, head.length);
    const tokens =
      known === undefined
        ? [...this.#beginning(text), ...this.#following(partial, false)]
        : [...known.tokens, ...this.#following(known.rest, false)];
    return { tokens, source, text };
  }

  completion(prompt: Prompt): LaidOutPrompt {
    if (typeof prompt !== 'string') return this.#givenTokens(prompt);
    const source = `text ${prompt}`;
    const known = this.#interrupted.recall(source, 0);
    const tokens =
      known === undefined ? this.#beginning(prompt) : [...known.tokens, ...this.#following(known.rest, true)];
    if (tokens.length === 0) throw badRequest('prompt: expected at least one token', 'prompt');
    return { tokens, source, text: prompt };
  }

  #givenTokens(ids: readonly number[]): LaidOutPrompt {
    const unknown = ids.find((id) => id >= this.#vocabulary);
    if (unknown !== undefined) {
      throw badRequest(`prompt: expected ids of tokens below ${this.#vocabulary}, got ${unknown}`, 'prompt');
    }
    return { tokens: ids, source: undefined, text: this.#model.detokenize(ids, true) };
  }

  #beginning(text: string): readonly number[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    const tokens = this.#model.tokenize(text, true);
    // Many templates write it themselves.
    if (bos === null || !shouldPrependBosToken || tokens[0] === bos) return tokens;
    return [bos, ...tokens];
  }

  #following(text: string, specialTokens: boolean): readonly number[] {
    return text === '' ? [] : this.#model.tokenize(text, specialTokens, 'trimLeadingSpace');
  }
}
