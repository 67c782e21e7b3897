import { blockTokens } from '../loop/engine-loop.ts';
import { findContinuation } from '../text/continuation.ts';
import { TextHash } from '../text/hash.ts';
import { beginMark, PromptScan } from '../text/prompt-scan.ts';
import { Fields } from './fields.ts';
import type { JsonObject } from './fields.ts';
import type { ChoicePlan } from './generation.ts';
import { badRequest } from './problem.ts';
import { readSampling } from './sampling.ts';
import type { Sampling } from './sampling.ts';

export interface CompletionRequest {
  readonly prompts: readonly string[];
  readonly echo: boolean;
  /** Alternatives per token to report; undefined where no log probabilities were asked for. */
  readonly logprobs: number | undefined;
  readonly sampling: Sampling;
}

const promptsMax = 256;
const choicesTotalMax = 1024;
const logprobsMax = 20;

/** vLLM's default where a completion does not say how long it may be. */
export const completionTokensDefault = 16;

export function readCompletionRequest(body: JsonObject): CompletionRequest {
  const fields = new Fields(body);
  return {
    prompts: readTexts(fields, 'prompt'),
    echo: fields.boolean('echo') ?? false,
    logprobs: fields.integer('logprobs', 0, logprobsMax),
    sampling: readSampling(fields),
  };
}

/** A text, a list of texts, a list of token ids, or a list of lists of token ids. */
export function readTexts(fields: Fields, name: string): readonly string[] {
  const value = fields.raw(name);
  if (value === undefined) throw fields.missing(name);
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || value.length === 0) throw fields.wrong(name, 'text or a list of it', value);
  const list: readonly unknown[] = value;
  if (isTokenIds(list)) return [textOfIds(list)];
  if (list.length > promptsMax) throw fields.wrong(name, `at most ${promptsMax} entries`, value);
  return list.map((entry) => {
    if (typeof entry === 'string') return entry;
    if (Array.isArray(entry) && isTokenIds(entry)) return textOfIds(entry);
    throw fields.wrong(name, 'text or a list of token ids in each place', entry);
  });
}

function isTokenIds(list: readonly unknown[]): list is readonly number[] {
  return list.length > 0 && list.every((id) => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0);
}

/** Each id becomes one token of the simulated tokenizer, whatever it meant to the real one. */
function textOfIds(ids: readonly number[]): string {
  return ids.map((id) => ` ${id.toString(36)}`).join('');
}

/** Choices in vLLM's order: all of the first prompt, then all of the second. */
export function planCompletion(request: CompletionRequest): readonly ChoicePlan[] {
  if (request.prompts.length * request.sampling.choices > choicesTotalMax) {
    throw badRequest(`The prompts times \`n\` are more than ${choicesTotalMax} answers.`, 'n');
  }
  return request.prompts.flatMap((text) =>
    Array.from({ length: request.sampling.choices }, (_, choice): ChoicePlan => {
      const before = new TextHash();
      before.addText(`<|raw|${request.sampling.seed ?? 'greedy'}|${choice}|>`);
      const { answer, offset, position } = findContinuation(before, text, false);
      const prompt = new PromptScan(blockTokens);
      prompt.addText(beginMark);
      prompt.addText(text.slice(0, offset));
      for (let index = 0; index < position; index++) prompt.addToken(answer.tokenAt(index));
      return { prompt, answer, position, naturalFinish: 'stop' };
    }),
  );
}
