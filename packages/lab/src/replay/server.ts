import { Pool } from 'undici';
import { DIALECTS } from '@offpeak/dialects';
import type { Tier } from '@offpeak/core';
import type { Call } from './call.ts';
import { ReplayProblem } from './problem.ts';

export interface ServerOptions {
  /** As an SDK wants it, version included: `http://127.0.0.1:8787/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly connectionsMax: number;
}

/** What an Offpeak server counts and no answer tells. */
export interface Counters {
  readonly evictions: number;
  readonly wastedTokens: number;
}

/** How long the model list and the metrics may take. */
const ASK_MS_MAX = 10_000;

/** An OpenAI-compatible server, as one client sees it. */
export class Server {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  readonly #options: ServerOptions;

  constructor(options: ServerOptions) {
    const url = URL.parse(options.baseUrl);
    if (url === null || !url.protocol.startsWith('http')) {
      throw new ReplayProblem(
        'options',
        `the base URL is ${options.baseUrl}; expected one such as http://127.0.0.1:8787/v1`,
      );
    }
    this.#options = options;
    this.#path = url.pathname.replace(/\/+$/, '');
    this.#headers = { 'content-type': 'application/json' };
    if (options.apiKey !== undefined) this.#headers['authorization'] = `Bearer ${options.apiKey}`;
    this.#pool = new Pool(url.origin, { connections: options.connectionsMax, pipelining: 1 });
  }

  send(body: string, call: Call): void {
    const path = `${this.#path}/chat/completions`;
    this.#pool.dispatch(
      { path, method: 'POST', headers: this.#headers, body, headersTimeout: 0, bodyTimeout: 0 },
      call,
    );
  }

  /** The model that the server names first. A wrong address, key or path shows here, before any load. */
  async firstModel(): Promise<string> {
    const { baseUrl } = this.#options;
    const { status, text } = await this.#ask(`${this.#path}/models`).catch((error: unknown) => {
      throw new ReplayProblem('server', `${baseUrl} cannot be reached: ${reasonOf(error)}`);
    });
    if (status !== 200) {
      throw new ReplayProblem(
        'server',
        `GET ${baseUrl}/models answered ${status}; expected the base URL of an OpenAI-compatible server, such as http://127.0.0.1:8787/v1`,
      );
    }
    const model = firstModelIn(text);
    if (model === null) {
      throw new ReplayProblem(
        'server',
        `GET ${baseUrl}/models names no model; expected one, or a model named by its option`,
      );
    }
    return model;
  }

  /** Null from a server that is no Offpeak. */
  async counters(): Promise<Counters | null> {
    const { status, text } = await this.#ask('/metrics').catch(() => ({ status: 0, text: '' }));
    const read = (name: string): number | null => {
      const value = new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1];
      return value === undefined ? null : Number(value);
    };
    const evictions = read('offpeak_evictions_total');
    const wastedTokens = read('offpeak_wasted_tokens_total');
    return status !== 200 || evictions === null || wastedTokens === null ? null : { evictions, wastedTokens };
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  async #ask(path: string): Promise<{ status: number; text: string }> {
    const { statusCode, body } = await this.#pool.request({
      path,
      method: 'GET',
      headers: this.#headers,
      headersTimeout: ASK_MS_MAX,
      bodyTimeout: ASK_MS_MAX,
    });
    return { status: statusCode, text: await body.text() };
  }
}

export interface ChatWish {
  readonly model: string;
  readonly prompt: string;
  readonly tier: Tier;
  readonly outputTokens: number;
  /** Asks the engine, in vLLM's words, to write exactly that many. */
  readonly exactLengths: boolean;
}

export function chatBody({ model, prompt, tier, outputTokens, exactLengths }: ChatWish): string {
  const tokens = Math.max(1, outputTokens);
  return JSON.stringify({
    model,
    messages: [{ role: 'user', content: prompt }],
    max_tokens: tokens,
    ...(exactLengths ? { min_tokens: tokens, ignore_eos: true } : {}),
    service_tier: DIALECTS.openai.servedWord(tier),
    stream: true,
    stream_options: { include_usage: true },
  });
}

function firstModelIn(text: string): string | null {
  try {
    const { data } = JSON.parse(text) as { data?: readonly { readonly id?: unknown }[] };
    const id = data?.[0]?.id;
    return typeof id === 'string' ? id : null;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return [code, message].filter((part) => part !== undefined && part !== '').join(': ');
}
