/** The wires that Offpeak speaks, on its mounts and to providers. */
export type Wire = 'openai' | 'responses' | 'groq' | 'gemini' | 'anthropic' | 'bedrock';

/** A model of each provider that has a price, so that answers are billed as in earnest. */
export const providerModels: Readonly<Record<Wire, string>> = {
  openai: 'gpt-5.6-luna',
  responses: 'gpt-5.6-luna',
  groq: 'openai/gpt-oss-20b',
  gemini: 'gemini-3.5-flash-lite',
  anthropic: 'claude-haiku-4-5',
  bedrock: 'openai.gpt-oss-20b-1:0',
};

/** OpenAI's own interfaces are below this path of the fake upstream, where the engine's are not. */
export const openaiBase = '/hosted';
