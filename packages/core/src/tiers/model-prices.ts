/** USD per million tokens at the standard tier. */
export interface PublishedPrice {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
  readonly verified: string;
}

const OPENAI = { source: 'OpenAI pricing page, as mirrored 2026-08-28 and 2026-10-04', verified: '2026-11-21' };
const GROQ = { source: 'Groq pricing, by way of genai-prices 47df840 and tokenmix 2026-06-04', verified: '2026-11-21' };

/**
 * What hosted providers ask for models by these names. An operator's own engines are billed by the configuration; a model that is
 * in neither is free.
 */
export const MODEL_PRICES: Readonly<Record<string, PublishedPrice>> = {
  'gpt-6-sol': { input: 2, cachedInput: 0.2, output: 10, ...OPENAI },
  'gpt-6-luna': { input: 0.1, cachedInput: 0.01, output: 0.5, ...OPENAI },
  'gpt-6.1-terra': { input: 1, cachedInput: 0.05, output: 5, ...OPENAI },
  'gpt-5.6-sol': { input: 4, cachedInput: 0.4, output: 20, ...OPENAI },
  'gpt-5.6-luna': { input: 0.2, cachedInput: 0.02, output: 1.2, ...OPENAI },
  'gpt-5.5': { input: 5, cachedInput: 0.5, output: 30, ...OPENAI },
  'gpt-5.4': { input: 2.5, cachedInput: 0.25, output: 15, ...OPENAI },
  'gpt-5': { input: 1.25, cachedInput: 0.125, output: 10, ...OPENAI },
  'openai/gpt-oss-120b': { input: 0.15, cachedInput: 0.075, output: 0.6, ...GROQ },
  'openai/gpt-oss-20b': { input: 0.075, cachedInput: 0.0375, output: 0.3, ...GROQ },
  'llama-3.3-70b-versatile': { input: 0.59, cachedInput: 0.59, output: 0.79, ...GROQ },
  'llama-3.1-8b-instant': { input: 0.05, cachedInput: 0.05, output: 0.08, ...GROQ },
  // The simulated engine costs nothing to run; it is priced like the model that it imitates, so that bills can be looked at.
  'sim-8b': { input: 0.05, cachedInput: 0.05, output: 0.08, ...GROQ },
};
