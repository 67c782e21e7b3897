import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createGroq } from '@ai-sdk/groq';
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModel, ProviderMetadata } from 'ai';
import type { HostedHouse } from '../e2e/providers/hosted.ts';

/** A provider package of Vercel's AI SDK, pointed at a gateway. */
export interface AiProvider {
  readonly name: string;
  readonly dialect: string;
  /** What its `baseURL` is below the gateway's address, in every form that is taken; the usual one first. */
  readonly bases: readonly string[];
  connect(baseURL: string, options?: AiOptions): (model: string) => LanguageModel;
  /** What an own engine is called here, so that the package does with it what it does with a model of its provider. */
  readonly own: string;
  /** A model of the provider itself that is behind the gateway, and sees images; absent where there is no such fake. */
  readonly hosted?: { readonly model: string; readonly fake: 'openai' | 'groq' | 'anthropic' | 'gemini' };
  /** How the package asks for a tier; undefined where it has no option for it. */
  ask(word: string): ProviderOptions | undefined;
  /** The provider's words for the tiers. */
  readonly words: { readonly standard: string; readonly flex?: string; readonly priority?: string };
  /** The served tier as the package hands it to its caller; null where it does not. */
  readonly served: ((metadata: ProviderMetadata) => unknown) | null;
}

export interface AiOptions {
  readonly apiKey?: string;
  readonly fetch?: typeof fetch;
}

type ProviderOptions = Record<string, Record<string, string>>;

const ANY_KEY = 'op_not_looked_at_by_an_open_gateway';

const OPENAI = {
  bases: ['/v1', '/openai'],
  own: 'gpt-5-mini',
  hosted: { model: 'gpt-5', fake: 'openai' },
  ask: (word: string) => ({ openai: { serviceTier: word } }),
  words: { standard: 'default', flex: 'flex', priority: 'priority' },
} as const;

export const OPENAI_CHAT: AiProvider = {
  ...OPENAI,
  name: '@ai-sdk/openai, chat',
  dialect: 'openai',
  connect: (baseURL, options = {}) => {
    const openai = createOpenAI({ apiKey: ANY_KEY, ...options, baseURL });
    return (model) => openai.chat(model);
  },
  served: null,
};

export const OPENAI_RESPONSES: AiProvider = {
  ...OPENAI,
  name: '@ai-sdk/openai, responses',
  dialect: 'responses',
  connect: (baseURL, options = {}) => {
    const openai = createOpenAI({ apiKey: ANY_KEY, ...options, baseURL });
    return (model) => openai(model);
  },
  served: (metadata) => metadata['openai']?.['serviceTier'],
};

export const GROQ: AiProvider = {
  name: '@ai-sdk/groq',
  dialect: 'groq',
  bases: ['/openai/v1', '/groq/openai/v1'],
  own: 'qwen/qwen3-32b',
  hosted: { model: 'meta-llama/llama-4-scout-17b-16e-instruct', fake: 'groq' },
  connect: (baseURL, options = {}) => {
    const groq = createGroq({ apiKey: ANY_KEY, ...options, baseURL });
    return (model) => groq(model);
  },
  ask: (word) => ({ groq: { serviceTier: word } }),
  words: { standard: 'on_demand', flex: 'flex', priority: 'performance' },
  served: null,
};

export const GOOGLE: AiProvider = {
  name: '@ai-sdk/google',
  dialect: 'gemini',
  bases: ['/v1beta', '/gemini/v1beta'],
  own: 'gemini-3.7-flash',
  hosted: { model: 'gemini-3.8-flash', fake: 'gemini' },
  connect: (baseURL, options = {}) => {
    const google = createGoogle({ apiKey: ANY_KEY, ...options, baseURL });
    return (model) => google(model);
  },
  ask: (word) => ({ google: { serviceTier: word } }),
  words: { standard: 'standard', flex: 'flex', priority: 'priority' },
  served: (metadata) => metadata['google']?.['serviceTier'],
};

export const ANTHROPIC: AiProvider = {
  name: '@ai-sdk/anthropic',
  dialect: 'anthropic',
  bases: ['/v1', '/anthropic/v1'],
  own: 'claude-opus-4-8',
  hosted: { model: 'claude-haiku-4-5-20251001', fake: 'anthropic' },
  connect: (baseURL, options = {}) => {
    const anthropic = createAnthropic({ apiKey: ANY_KEY, ...options, baseURL });
    return (model) => anthropic(model);
  },
  ask: (word) => ({ anthropic: { serviceTier: word } }),
  words: { standard: 'standard_only' },
  served: (metadata) => metadata['anthropic']?.['serviceTier'],
};

export const BEDROCK: AiProvider = {
  name: '@ai-sdk/amazon-bedrock',
  dialect: 'bedrock',
  bases: ['', '/bedrock'],
  own: 'openai.gpt-oss-20b-1:0',
  connect: (baseURL, options = {}) => {
    const bedrock = createAmazonBedrock({ apiKey: ANY_KEY, ...options, baseURL });
    return (model) => bedrock(model);
  },
  ask: (word) => ({ bedrock: { serviceTier: word } }),
  words: { standard: 'default', flex: 'flex', priority: 'priority' },
  served: (metadata) => (metadata['bedrock']?.['serviceTier'] as { type?: unknown } | undefined)?.type,
};

export const AI_PROVIDERS: readonly AiProvider[] = [OPENAI_CHAT, OPENAI_RESPONSES, GROQ, GOOGLE, ANTHROPIC, BEDROCK];

/** The engine of the house under the names that the packages know. */
export const OWN_NAMES: string = `models:\n${[...new Set(AI_PROVIDERS.map(({ own }) => own))]
  .map((name) => `  - { name: "${name}", targets: [{ upstream: gpu-0, model: sim-8b }] }\n`)
  .join('')}`;

/** The providers behind the gateway. Its fake of OpenAI speaks the chat wire alone. */
export const BEHIND = { openai: 'api: chat', groq: '', anthropic: '', gemini: '' } as const;

export interface AiCase {
  readonly name: string;
  readonly provider: AiProvider;
  readonly model: string;
  /** It gives back what it is told, as the fakes do, instead of words of its own. */
  readonly echoes: boolean;
}

/** Each package with the engine of the house, and with its own provider behind the gateway. */
export const AI_CASES: readonly AiCase[] = AI_PROVIDERS.flatMap((provider) => [
  { name: `${provider.name}, own engine`, provider, model: provider.own, echoes: false },
  ...(provider.hosted === undefined
    ? []
    : [{ name: `${provider.name}, ${provider.hosted.fake}`, provider, model: provider.hosted.model, echoes: true }]),
]);

export function modelOf({ provider, model }: AiCase, house: HostedHouse, fetcher: typeof fetch): LanguageModel {
  return provider.connect(house.url + provider.bases[0]!, { fetch: fetcher })(model);
}
