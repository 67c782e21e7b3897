import type { ModelPrice } from './price.ts';

type Row = readonly [model: string, input: number, cachedInput: number, output: number];

const OPENAI: readonly Row[] = [
  ['gpt-6-astra', 10, 1, 50],
  ['gpt-6-sol', 2, 0.2, 10],
  ['gpt-6-luna', 0.1, 0.01, 0.5],
  ['gpt-6.1-terra', 1, 0.05, 5],
  ['gpt-5.6-sol', 4, 0.4, 20],
  ['gpt-5.6-luna', 0.2, 0.02, 1.2],
  ['gpt-5.5', 5, 0.5, 30],
  ['gpt-5.4', 2.5, 0.25, 15],
  ['gpt-5', 1.25, 0.125, 10],
];

/** Cached input costs half; where the list names no cached price, that rule fills it in. */
const GROQ: readonly Row[] = [
  ['gpt-oss-120b', 0.15, 0.075, 0.6],
  ['gpt-oss-20b', 0.075, 0.0375, 0.3],
  ['llama-3.3-70b-versatile', 0.59, 0.295, 0.79],
  ['llama-3.1-8b-instant', 0.05, 0.025, 0.08],
  ['qwen3-32b', 0.29, 0.145, 0.59],
];

/** The simulated engine's model, at the price of the hosted model that it imitates. */
const SIMULATED: readonly Row[] = [['sim-8b', 0.05, 0.025, 0.08]];

export const MODEL_PRICES: readonly ModelPrice[] = [
  ...priced(OPENAI, 'OpenAI pricing page', '2026-10-04'),
  ...priced(GROQ, 'pydantic/genai-prices 47df840', '2026-08-21'),
  ...priced(SIMULATED, 'as llama-3.1-8b-instant', '2026-08-21'),
];

const BY_MODEL = new Map(MODEL_PRICES.map((price) => [price.model, price]));

/** Providers that host other vendors' models put the vendor before the name (`openai/gpt-oss-20b`). */
export function priceOf(model: string): ModelPrice | undefined {
  return BY_MODEL.get(model) ?? BY_MODEL.get(model.slice(model.lastIndexOf('/') + 1));
}

function priced(rows: readonly Row[], source: string, date: string): ModelPrice[] {
  return rows.map(([model, input, cachedInput, output]) => ({ model, input, cachedInput, output, source, date }));
}
