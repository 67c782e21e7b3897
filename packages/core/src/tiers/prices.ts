import type { ModelPrice } from './price.ts';
import { undated } from './undated.ts';

type Row = readonly [
  model: string,
  input: number,
  cachedInput: number,
  output: number,
  cacheWrite?: number | undefined,
  more?: Further,
];

type Further = Pick<ModelPrice, 'longCacheWrite' | 'longPrompt' | 'priority' | 'fast' | 'inUs' | 'searches'>;

/** From GPT-5.6 on, writing to the cache costs 1.25 times the input. */
const OPENAI: readonly Row[] = [
  ['gpt-6-astra', 10, 1, 50, 12.5],
  ['gpt-6-sol', 2, 0.2, 10, 2.5],
  ['gpt-6-luna', 0.1, 0.01, 0.5, 0.125],
  ['gpt-6.1-terra', 1, 0.05, 5, 1.25],
  ['gpt-5.6-sol', 4, 0.4, 20, 5],
  ['gpt-5.6-luna', 0.2, 0.02, 1.2, 0.25],
  ['gpt-5.5', 5, 0.5, 30, undefined, { priority: 2.5 }],
  ['gpt-5.4', 2.5, 0.25, 15],
  ['gpt-5', 1.25, 0.125, 10],
];

/** One rule for all models that take prompts as long as that. */
const OPENAI_LONG: Further = { longPrompt: { above: 272_000, input: 2, output: 1.5 } };

/** Cached input costs half; where the list names no cached price, that rule fills it in. */
const GROQ: readonly Row[] = [
  ['gpt-oss-120b', 0.15, 0.075, 0.6],
  ['gpt-oss-20b', 0.075, 0.0375, 0.3],
  ['llama-3.3-70b-versatile', 0.59, 0.295, 0.79],
  ['llama-3.1-8b-instant', 0.05, 0.025, 0.08],
  ['qwen3-32b', 0.29, 0.145, 0.59],
];

/** The flash models at their introductory price, which ends on 2026-12-31. */
const GEMINI: readonly Row[] = [
  ['gemini-3.8-flash', 0.75, 0.075, 3.75],
  ['gemini-3.7-flash', 0.75, 0.075, 3.75],
  ['gemini-3.6-flash', 0.75, 0.075, 3.75],
  ['gemini-3.5-flash', 1.5, 0.15, 9],
  ['gemini-3.5-flash-lite', 0.3, 0.03, 2.5],
  ['gemini-3.1-pro-preview', 2, 0.2, 12, undefined, { longPrompt: { above: 200_000, input: 2, output: 1.5 } }],
  ['gemini-3.1-flash-lite', 0.25, 0.025, 1.5],
];

/**
 * Caches are written at 1.25 times the input for five minutes, at twice the input for an hour, and read at a tenth of it, of Opus 5.5 at a
 * twentieth. Where a request may name the place that it is worked on, the United States cost a tenth more. Long prompts cost what others do.
 */
const ANTHROPIC: readonly Row[] = [
  ['claude-opus-5-5', 4, 0.2, 20, 5, { longCacheWrite: 8, fast: 2, inUs: 1.1 }],
  ['claude-sonnet-5-5', 2, 0.2, 10, 2.5, { longCacheWrite: 4, inUs: 1.1 }],
  ['claude-haiku-4-5', 1, 0.1, 5, 1.25, { longCacheWrite: 2 }],
  ['claude-opus-4-8', 5, 0.5, 25, 6.25, { longCacheWrite: 10, fast: 2, inUs: 1.1 }],
];

const ANTHROPIC_TOOLS: Further = { searches: 10 };

/** Cached input costs a quarter with Nova models and a tenth with others. */
const BEDROCK: readonly Row[] = [
  ['openai.gpt-oss-120b-1:0', 0.15, 0.015, 0.6],
  ['openai.gpt-oss-20b-1:0', 0.07, 0.007, 0.3],
  ['amazon.nova-pro-v1:0', 0.8, 0.2, 3.2],
  ['global.amazon.nova-2-lite-v1:0', 0.3, 0.075, 2.5],
];

/** The simulated engine's model, at the price of the hosted model that it imitates. */
const SIMULATED: readonly Row[] = [['sim-8b', 0.05, 0.025, 0.08]];

export const MODEL_PRICES: readonly ModelPrice[] = [
  ...priced(OPENAI, 'OpenAI pricing page', '2026-10-04', OPENAI_LONG),
  ...priced(GROQ, 'pydantic/genai-prices 47df840', '2026-08-21'),
  ...priced(GEMINI, 'Gemini API pricing page', '2026-10-07'),
  ...priced(
    ANTHROPIC,
    'Anthropic pricing page as public price lists quote it; the United States as AWS tells it of Claude Platform',
    '2026-11-21',
    ANTHROPIC_TOOLS,
  ),
  ...priced(BEDROCK, 'pydantic/genai-prices 47df840; cached input by the rules of the AWS Price List', '2026-09-01'),
  ...priced(SIMULATED, 'as llama-3.1-8b-instant', '2026-08-21'),
];

const BY_MODEL = new Map(MODEL_PRICES.map((price) => [price.model, price]));

/** Providers that host other vendors' models put the vendor before the name (`openai/gpt-oss-20b`), and snapshots have a date behind it. */
export function priceOf(model: string): ModelPrice | undefined {
  const name = model.slice(model.lastIndexOf('/') + 1);
  return BY_MODEL.get(model) ?? BY_MODEL.get(name) ?? BY_MODEL.get(undated(name));
}

function priced(rows: readonly Row[], source: string, date: string, ofAll: Further = {}): ModelPrice[] {
  return rows.map(([model, input, cachedInput, output, cacheWrite, more]) => ({
    model,
    input,
    cachedInput,
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
    output,
    ...ofAll,
    ...more,
    source,
    date,
  }));
}
