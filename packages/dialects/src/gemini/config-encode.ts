import { Unsupported } from '../canonical/feature.ts';
import type { AnswerFormat, CanonicalRequest, ReasoningWish } from '../canonical/request.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { ModelFacts } from './model-facts.ts';
import { wireSchema } from './schema-encode.ts';

/**
 * What an effort is worth to models that take tokens: the equivalents that Google's own OpenAI-compatible endpoint uses.
 * https://ai.google.dev/gemini-api/docs/openai, as of 2026-11.
 */
const BUDGETS = { minimal: 1_024, low: 1_024, medium: 8_192, high: 24_576 } as const;

export function encodeConfig(request: CanonicalRequest, model: ModelFacts): JsonObject {
  const { sampling, logprobs, format, reasoning } = request;
  const { maxTokens, temperature, topP, topK, frequencyPenalty, presencePenalty, seed, stop, choices } = sampling;
  const config: JsonObject = {
    maxOutputTokens: maxTokens,
    temperature,
    topP,
    topK,
    frequencyPenalty,
    presencePenalty,
    seed,
    stopSequences: stop === undefined || stop.length === 0 ? undefined : stop,
    candidateCount: choices,
    ...(logprobs === undefined ? {} : encodeLogprobs(logprobs.top)),
    ...(format === undefined ? {} : encodeFormat(format)),
    thinkingConfig: reasoning === undefined ? undefined : encodeThinking(reasoning, model),
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

function encodeLogprobs(top: number): JsonObject {
  return { responseLogprobs: true, ...(top === 0 ? {} : { logprobs: top }) };
}

/** A schema is always kept to, and has no name of its own. */
function encodeFormat(format: AnswerFormat): JsonObject {
  const responseMimeType = 'application/json';
  if (format.kind === 'json') return { responseMimeType };
  return { responseMimeType, responseJsonSchema: wireSchema(format.schema) };
}

function encodeThinking(wish: ReasoningWish, model: ModelFacts): JsonObject | undefined {
  const { effort, budgetTokens, visible } = wish;
  if (budgetTokens !== undefined && effort !== undefined) {
    throw new Unsupported('reasoning-budget', 'it takes an effort or a number of tokens, not both');
  }
  if (budgetTokens !== undefined && wish.adaptive === true) {
    throw new Unsupported(
      'reasoning-budget',
      'a model that decides by itself how much it thinks takes no number of tokens',
    );
  }
  const config = {
    ...depthOf(wish, model),
    ...(visible === undefined ? {} : { includeThoughts: visible }),
  };
  return Object.keys(config).length === 0 ? undefined : config;
}

/** A level leaves the model free below it, so it says `adaptive` as well. */
function depthOf({ effort, budgetTokens, adaptive }: ReasoningWish, model: ModelFacts): JsonObject {
  if (budgetTokens !== undefined) return { thinkingBudget: budgetTokens };
  if (effort === undefined) return adaptive === true ? { thinkingBudget: -1 } : {};
  if (effort === 'none') {
    if (!model.alwaysThinks) return { thinkingBudget: 0 };
    throw new Unsupported('reasoning-effort', "its models since Gemini 3 always think; the least is 'minimal'");
  }
  if (effort === 'max' || (effort === 'xhigh' && !model.xhigh)) {
    throw new Unsupported('reasoning-effort', "its highest level is 'high'");
  }
  if (effort === 'xhigh' || model.levels) return { thinkingLevel: effort.toUpperCase() };
  return { thinkingBudget: BUDGETS[effort] };
}
