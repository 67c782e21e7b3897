import Groq from 'groq-sdk';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import type { Tier } from '@offpeak/core';

/** What the cases use of an SDK. All three have it, with types that differ in what they let through. */
export interface Client {
  readonly chat: {
    readonly completions: {
      create(body: ChatBody & { readonly stream: true }, options?: CallOptions): Call<ChunkStream<ChatChunk>>;
      create(body: ChatBody, options?: CallOptions): Call<ChatAnswer>;
    };
  };
  readonly embeddings: {
    create(body: { model: string; input: string | string[] }, options?: CallOptions): Call<Embeddings>;
  };
  readonly models: {
    list(): Call<{ readonly data: readonly Model[] }>;
    retrieve(id: string): Call<Model>;
  };
}

/** Legacy completions: only the openai SDKs have them. */
export interface CompletionsClient {
  readonly completions: {
    create(body: CompletionBody & { readonly stream: true }): Call<ChunkStream<TextChunk>>;
    create(body: CompletionBody): Call<TextAnswer>;
  };
}

export interface Call<T> extends PromiseLike<T> {
  withResponse(): Promise<{ data: T; response: Response }>;
}

export interface ChunkStream<T> extends AsyncIterable<T> {
  readonly controller: AbortController;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeout?: number;
  readonly maxRetries?: number;
  readonly signal?: AbortSignal;
}

export interface ChatBody {
  readonly model: string;
  readonly messages: readonly { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }[];
  readonly service_tier?: string | null;
  readonly stream?: boolean;
  readonly [member: string]: unknown;
}

export interface CompletionBody {
  readonly model: string;
  readonly prompt: string;
  readonly stream?: boolean;
  readonly [member: string]: unknown;
}

export interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export interface ToolCall {
  readonly id: string;
  readonly type: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

export interface ChatAnswer {
  readonly id: string;
  readonly object: string;
  readonly model: string;
  readonly service_tier: string;
  readonly choices: readonly {
    readonly message: {
      readonly role: string;
      readonly content: string | null;
      readonly tool_calls?: readonly ToolCall[];
    };
    readonly finish_reason: string;
  }[];
  readonly usage: WireUsage;
}

export interface ChatChunk {
  readonly id: string;
  readonly object: string;
  readonly service_tier: string;
  readonly choices: readonly {
    readonly delta: {
      readonly role?: string;
      readonly content?: string | null;
      readonly tool_calls?: readonly {
        readonly index: number;
        readonly id?: string;
        readonly function?: { readonly name?: string; readonly arguments?: string };
      }[];
    };
    readonly finish_reason: string | null;
  }[];
  readonly usage?: WireUsage | null;
}

export interface TextAnswer {
  readonly object: string;
  readonly service_tier: string;
  readonly choices: readonly { readonly text: string; readonly finish_reason: string }[];
  readonly usage: WireUsage;
}

export interface TextChunk {
  readonly service_tier: string;
  readonly choices: readonly { readonly text: string; readonly finish_reason: string | null }[];
  readonly usage?: WireUsage | null;
}

export interface Embeddings {
  readonly data: readonly { readonly embedding: readonly number[]; readonly index: number }[];
  readonly usage: { readonly prompt_tokens: number };
}

export interface Model {
  readonly id: string;
  readonly object: string;
  readonly owned_by: string;
}

/** What an SDK's own error says to its caller, wherever that SDK keeps it. */
export interface Told {
  readonly status: number | undefined;
  readonly code: string | null | undefined;
  readonly type: string | undefined;
  readonly param: string | null | undefined;
  readonly message: string;
  readonly requestId: string | null | undefined;
  readonly headers: Headers;
}

export interface ClientOptions {
  readonly apiKey?: string;
  readonly fetch?: typeof fetch;
}

type ErrorClass = new (...parts: never[]) => Error;

export interface Sdk {
  readonly name: string;
  readonly wire: 'openai' | 'groq';
  /** Where a client is pointed, below the gateway's address; the usual one first. */
  readonly bases: readonly string[];
  /** The wire's word for each tier that a request can name. */
  readonly words: Readonly<Record<Exclude<Tier, 'batch'>, string>>;
  connect(baseURL: string, options?: ClientOptions): Client;
  told(error: unknown): Told;
  readonly errors: {
    readonly APIError: ErrorClass;
    readonly APIUserAbortError: ErrorClass;
    readonly BadRequestError: ErrorClass;
    readonly AuthenticationError: ErrorClass;
    readonly PermissionDeniedError: ErrorClass;
    readonly NotFoundError: ErrorClass;
    readonly RateLimitError: ErrorClass;
    readonly InternalServerError: ErrorClass;
  };
}

export interface OpenAiSdk extends Sdk {
  connect(baseURL: string, options?: ClientOptions): Client & CompletionsClient;
}

const ANY_KEY = 'op_not_looked_at_by_an_open_gateway';

const OPENAI = {
  wire: 'openai',
  bases: ['/v1', '/openai'],
  words: { priority: 'priority', standard: 'default', flex: 'flex' },
  told: (error: unknown): Told => {
    const { status, code, type, param, message, requestID, headers } = error as InstanceType<typeof OpenAI.APIError>;
    return { status, code, type, param, message, requestId: requestID, headers: headers ?? new Headers() };
  },
} as const;

/** groq-sdk keeps the whole body as `error`, and knows no request id. */
function toldByGroq(thrown: unknown): Told {
  const { status, message, error, headers } = thrown as InstanceType<typeof Groq.APIError>;
  const inner = (error as { error?: { code?: string; type?: string; param?: string } } | undefined)?.error ?? {};
  return {
    status,
    code: inner.code,
    type: inner.type,
    param: inner.param,
    message,
    requestId: headers?.get('x-request-id'),
    headers: headers ?? new Headers(),
  };
}

export const OPENAI_7: OpenAiSdk = {
  ...OPENAI,
  name: 'openai-7',
  connect: (baseURL, options = {}) =>
    new OpenAI({ apiKey: ANY_KEY, ...options, baseURL }) as unknown as Client & CompletionsClient,
  errors: OpenAI,
};

export const OPENAI_6: OpenAiSdk = {
  ...OPENAI,
  name: 'openai-6',
  connect: (baseURL, options = {}) =>
    new OpenAI6({ apiKey: ANY_KEY, ...options, baseURL }) as unknown as Client & CompletionsClient,
  errors: OpenAI6,
};

export const GROQ: Sdk = {
  name: 'groq-sdk',
  wire: 'groq',
  bases: ['', '/groq'],
  words: { priority: 'performance', standard: 'on_demand', flex: 'flex' },
  connect: (baseURL, options = {}) => new Groq({ apiKey: ANY_KEY, ...options, baseURL }) as unknown as Client,
  told: toldByGroq,
  errors: Groq,
};

export const SDKS: readonly Sdk[] = [OPENAI_7, OPENAI_6, GROQ];
