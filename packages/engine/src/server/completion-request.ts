import { Fields } from './fields.ts';
import type { JsonObject } from './fields.ts';
import { badRequest } from './problem.ts';
import { readSampling } from './sampling.ts';
import type { Sampling } from './sampling.ts';

/** Text, or ids of the model's tokens. */
export type Prompt = string | readonly number[];

export interface CompletionRequest {
  readonly prompts: readonly Prompt[];
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
  const prompts = readPrompts(fields, 'prompt');
  const sampling = readSampling(fields);
  if (prompts.length * sampling.choices > choicesTotalMax) {
    throw badRequest(`The prompts times \`n\` are more than ${choicesTotalMax} answers.`, 'n');
  }
  return {
    prompts,
    echo: fields.boolean('echo') ?? false,
    logprobs: fields.integer('logprobs', 0, logprobsMax),
    sampling,
  };
}

/** A text, a list of texts, a list of token ids, or a list of lists of token ids. */
export function readPrompts(fields: Fields, name: string): readonly Prompt[] {
  const value = fields.raw(name);
  if (value === undefined) throw fields.missing(name);
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || value.length === 0) throw fields.wrong(name, 'text or a list of it', value);
  const list: readonly unknown[] = value;
  if (isTokenIds(list)) return [list];
  if (list.length > promptsMax) throw fields.wrong(name, `at most ${promptsMax} entries`, value);
  return list.map((entry) => {
    if (typeof entry === 'string') return entry;
    if (Array.isArray(entry) && isTokenIds(entry)) return entry;
    throw fields.wrong(name, 'text or a list of token ids in each place', entry);
  });
}

function isTokenIds(list: readonly unknown[]): list is readonly number[] {
  return list.length > 0 && list.every((id) => typeof id === 'number' && Number.isSafeInteger(id) && id >= 0);
}
