import type { ChoicePlan } from './backend.ts';
import type { CompletionRequest } from './completion-request.ts';
import type { Finish } from './generation.ts';
import type { Token } from './token.ts';
import { chunkHead, closeChunk, usageJson } from './wire-format.ts';
import type { AnswerIdentity, AnswerUsage, ChoiceResult, WireFormat } from './wire-format.ts';

/** `text_completion`, whole and in chunks. */
export class CompletionWire implements WireFormat {
  readonly #identity: AnswerIdentity;
  readonly #head: string;
  readonly #plans: readonly ChoicePlan[];
  readonly #request: CompletionRequest;

  constructor(identity: AnswerIdentity, plans: readonly ChoicePlan[], request: CompletionRequest) {
    this.#identity = identity;
    this.#head = chunkHead(identity, 'text_completion');
    this.#plans = plans;
    this.#request = request;
  }

  /** Only an echoed prompt comes before the first token. */
  openingChunk(choice: number, usage: AnswerUsage | undefined): string | undefined {
    if (!this.#request.echo) return undefined;
    return this.#chunk(choice, this.#echo(choice), null, undefined, usage);
  }

  chunk(choice: number, tokens: readonly Token[], finish: Finish | undefined, usage: AnswerUsage | undefined): string {
    return this.#chunk(choice, joined(tokens), this.#logprobs(tokens), finish, usage);
  }

  usageChunk(usage: AnswerUsage): string {
    return `${this.#head}[]${closeChunk(usage)}`;
  }

  whole(choices: readonly ChoiceResult[], usage: AnswerUsage): string {
    const said = choices.map(({ tokens, finish }, index) => ({
      index,
      text: this.#echo(index) + joined(tokens),
      logprobs: this.#logprobs(tokens),
      finish_reason: finish.reason,
      stop_reason: finish.stopReason,
    }));
    const { id, createdS: created, model, fingerprint } = this.#identity;
    const head = {
      id,
      object: 'text_completion',
      created,
      model,
      choices: said,
      system_fingerprint: fingerprint,
    };
    return `${JSON.stringify(head).slice(0, -1)},"usage":${usageJson(usage)}}`;
  }

  #echo(choice: number): string {
    return this.#request.echo ? this.#plans[choice]!.promptText : '';
  }

  #chunk(
    choice: number,
    text: string,
    logprobs: unknown,
    finish: Finish | undefined,
    usage: AnswerUsage | undefined,
  ): string {
    const said = {
      index: choice,
      text,
      logprobs,
      finish_reason: finish?.reason ?? null,
      stop_reason: finish?.stopReason ?? null,
    };
    return `${this.#head}[${JSON.stringify(said)}]${closeChunk(usage)}`;
  }

  #logprobs(tokens: readonly Token[]): unknown {
    if (this.#request.logprobs === undefined || tokens.length === 0) return null;
    const ranked = tokens.map((token) => token.ranked!);
    let offset = 0;
    return {
      text_offset: tokens.map((token) => (offset += token.text.length) - token.text.length),
      token_logprobs: ranked.map((list) => list[0]!.logprob),
      tokens: tokens.map((token) => token.text),
      top_logprobs: ranked.map((list) => Object.fromEntries(list.map(({ token, logprob }) => [token, logprob]))),
    };
  }
}

function joined(tokens: readonly Token[]): string {
  return tokens.map((token) => token.text).join('');
}
