import type OpenAI from 'openai';
import type { HostedHouse } from '../e2e/providers/hosted.ts';

type Provider = 'openai' | 'groq' | 'anthropic' | 'gemini';

/** A hosted provider behind a client of OpenAI's wires. */
export interface Backend {
  readonly provider: Provider;
  /** One that talks plainly. */
  readonly model: string;
  /** One that thinks. */
  readonly thinker: string;
  /** What it refuses, by the client's member that is named then. */
  readonly refuses: Readonly<Partial<Record<Feature, string>>>;
}

type Feature = 'flex' | 'json' | 'file' | 'logprobs' | 'choices' | 'one call';

export const OPENAI_BACKEND: Backend = {
  provider: 'openai',
  model: 'gpt-5.6-luna',
  thinker: 'gpt-5.6-sol',
  refuses: {},
};
export const ANTHROPIC_BACKEND: Backend = {
  provider: 'anthropic',
  model: 'claude-haiku-4-5-20251001',
  thinker: 'claude-opus-4-8',
  refuses: { flex: 'service_tier', json: 'response_format', logprobs: 'logprobs', choices: 'n' },
};
export const GEMINI_BACKEND: Backend = {
  provider: 'gemini',
  model: 'gemini-2.5-flash',
  thinker: 'gemini-3.8-flash',
  refuses: { 'one call': 'parallel_tool_calls' },
};
export const GROQ_BACKEND: Backend = {
  provider: 'groq',
  model: 'meta-llama/llama-4-scout-17b-16e-instruct',
  thinker: 'openai/gpt-oss-20b',
  refuses: { file: 'messages[].content[].file', logprobs: 'logprobs', choices: 'n' },
};
export const BACKENDS: readonly Backend[] = [OPENAI_BACKEND, ANTHROPIC_BACKEND, GEMINI_BACKEND, GROQ_BACKEND];

export function fakeOf(house: HostedHouse, { provider }: Backend): HostedHouse[Provider] {
  return house[provider];
}

export const ALL_PROVIDERS: Readonly<Record<Provider, string>> = { openai: '', groq: '', anthropic: '', gemini: '' };

export type ChatAsk = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'>;

function tool(name: string): OpenAI.ChatCompletionTool {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
  return { type: 'function', function: { name, description: `The ${name} of a city.`, parameters } };
}

export const TOOLS: OpenAI.ChatCompletionTool[] = [tool('weather'), tool('traffic')];

/** Asks a fake for two calls at once. */
export const CALL_BOTH = 'call weather,traffic {"city":"Rome"}';

export const PDF_URL = 'data:application/pdf;base64,JVBERi0xLjQK';
