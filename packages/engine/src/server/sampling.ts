import type { Fields } from './fields.ts';

/** What chat and completions share. */
export interface Sampling {
  readonly maxTokens: number | undefined;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  readonly includeStop: boolean;
  readonly choices: number;
  readonly seed: number | undefined;
  /** How tokens are drawn; undefined where the request leaves it to the engine. */
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  readonly minP: number | undefined;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
  readonly repetitionPenalty: number;
  /** vLLM's polarity: lower is more urgent. */
  readonly priority: number;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** vLLM's own: usage so far in every chunk. */
  readonly continuousUsage: boolean;
}

const choicesMax = 128;
const stopStringsMax = 64;
const tokensMax = 2 ** 31 - 1;

export function readSampling(fields: Fields): Sampling {
  const streamOptions = fields.object('stream_options');
  const stream = fields.boolean('stream') ?? false;
  if (streamOptions !== undefined && !stream) {
    throw fields.wrong('stream_options', 'no stream options where stream is not true', {});
  }
  return {
    maxTokens: fields.integer('max_completion_tokens', 1, tokensMax) ?? fields.integer('max_tokens', 1, tokensMax),
    minTokens: fields.integer('min_tokens', 0, tokensMax) ?? 0,
    ignoreEos: fields.boolean('ignore_eos') ?? false,
    stop: readStop(fields),
    includeStop: fields.boolean('include_stop_str_in_output') ?? false,
    choices: fields.integer('n', 1, choicesMax) ?? 1,
    seed: fields.integer('seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    temperature: fields.number('temperature', 0, 2),
    topP: fields.number('top_p', 0, 1),
    topK: fields.integer('top_k', -1, tokensMax),
    minP: fields.number('min_p', 0, 1),
    presencePenalty: fields.number('presence_penalty', -2, 2) ?? 0,
    frequencyPenalty: fields.number('frequency_penalty', -2, 2) ?? 0,
    repetitionPenalty: fields.number('repetition_penalty', Number.MIN_VALUE, 2) ?? 1,
    priority: fields.integer('priority', -(2 ** 31), tokensMax) ?? 0,
    stream,
    includeUsage: streamOptions?.boolean('include_usage') ?? false,
    continuousUsage: streamOptions?.boolean('continuous_usage_stats') ?? false,
  };
}

function readStop(fields: Fields): readonly string[] {
  const value = fields.raw('stop');
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length > stopStringsMax) throw fields.wrong('stop', `at most ${stopStringsMax} strings`, value);
  return list.map((entry) => {
    if (typeof entry === 'string' && entry !== '') return entry;
    throw fields.wrong('stop', 'a non-empty string or an array of them', entry);
  });
}
