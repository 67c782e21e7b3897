import { Pool, type Dispatcher } from 'undici';
import type { WireHeaders } from '@offpeak/dialects';
import type { AwsCredentials, ProviderConfig } from '../config/config.ts';
import { AWS_REGION_DEFAULT } from '../config/provider-urls.ts';
import { signRequest } from '../sigv4/sign.ts';
import { protocolOf } from './providers/protocols.ts';
import type { Credential, Protocol, ProviderCall } from './providers/protocol.ts';

/** A provider's list of models is asked for again after this, sooner while it could not be read. */
export const LISTING_EVERY_MS: number = 15 * 60_000;
export const LISTING_RETRY_MS = 10_000;
/** For lists, counts and stored answers: whatever is no answer of a model. */
const SHORT_TIMEOUT_MS = 15_000;
const SHORT_BYTES_MAX: number = 16 * 1024 * 1024;

export interface ShortAnswer {
  readonly status: number;
  readonly headers: WireHeaders;
  readonly body: Buffer;
}

export interface ProviderListener {
  providerListed(provider: ProviderUpstream): void;
  providerSilent(provider: ProviderUpstream, why: string): void;
}

/** A hosted provider: its connections, its addresses and its keys. Its health is its lanes' business; see `lanes.ts`. */
export class ProviderUpstream {
  readonly name: string;
  readonly settings: ProviderConfig;
  readonly protocol: Protocol;
  /** What it listed; empty where the configuration names its models. */
  models: readonly string[] = [];
  /** Its models are known: named in the configuration, or listed by itself. */
  known: boolean;

  readonly #listener: ProviderListener;
  readonly #pool: Pool;
  readonly #origin: string;
  readonly #path: string;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(settings: ProviderConfig, connectMs: number, listener: ProviderListener) {
    this.name = settings.name;
    this.settings = settings;
    this.protocol = protocolOf(settings);
    this.#listener = listener;
    const url = new URL(settings.url);
    this.#origin = url.origin;
    this.#path = basePath(settings, url);
    this.#pool = new Pool(url.origin, { connect: { timeout: connectMs }, pipelining: 1 });
    this.known = settings.models !== 'auto';
    if (settings.models !== 'auto') this.models = settings.models;
  }

  /** The operator's own; undefined where only projects have keys. */
  get credential(): Credential | undefined {
    const { apiKey, aws } = this.settings;
    if (aws !== undefined) return { kind: 'aws', ...aws };
    return apiKey === undefined ? undefined : { kind: 'key', key: apiKey };
  }

  start(): void {
    if (this.settings.models === 'auto') void this.#list();
    else this.#listener.providerListed(this);
  }

  /** Sends a request body; the run itself watches over its silence. */
  send(call: ProviderCall, credential: Credential, body: Buffer, run: Dispatcher.DispatchHandler): void {
    const path = this.#path + this.protocol.path(call);
    const headers = this.#headersOf(call);
    const dispatch = (authorized: Record<string, string>): void => {
      const silence = { headersTimeout: 0, bodyTimeout: 0 };
      this.#pool.dispatch({ path, method: 'POST', headers: authorized, body, ...silence }, run);
    };
    if (credential.kind === 'key') {
      dispatch(this.#withKey(headers, credential.key));
      return;
    }
    this.#signed('POST', path, headers, credential, body).then(dispatch, (error: unknown) => {
      run.onResponseError?.(NOT_SENT, error instanceof Error ? error : new Error('it could not be signed'));
    });
  }

  /** Asks for something short that is no answer of a model. Rejects where nothing comes, or too much, or `signal` says to stop. */
  async fetch(call: ProviderCall, credential: Credential, body: Buffer, signal: AbortSignal): Promise<ShortAnswer> {
    const path = this.#path + this.protocol.path(call);
    return this.#request('POST', path, this.#headersOf(call), credential, body, signal);
  }

  /** The same below any path of the provider, without a body. */
  async ask(method: 'GET' | 'DELETE' | 'POST', path: string, credential: Credential): Promise<ShortAnswer> {
    const headers = { accept: 'application/json', ...this.protocol.headers(NO_CALL), ...this.settings.headers };
    return this.#request(method, this.#path + path, headers, credential, null);
  }

  /** Nothing new is sent; what runs goes on to its end, and then the connections close. */
  retire(): void {
    this.#stop();
    void this.#pool.close();
  }

  async close(): Promise<void> {
    this.#stop();
    await this.#pool.destroy();
  }

  #stop(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #headersOf(call: ProviderCall): Record<string, string> {
    return {
      'content-type': 'application/json',
      accept: '*/*',
      ...this.protocol.headers(call),
      ...this.settings.headers,
    };
  }

  #withKey(headers: Record<string, string>, key: string): Record<string, string> {
    const [name, value] = this.protocol.keyHeader(key);
    return { ...headers, [name]: value };
  }

  #signed(
    method: string,
    path: string,
    headers: Record<string, string>,
    credentials: AwsCredentials,
    body: Buffer,
  ): Promise<Record<string, string>> {
    const url = new URL(this.#origin + path);
    const region = this.settings.region ?? AWS_REGION_DEFAULT;
    return signRequest({ method, url, headers, body, credentials, region, now: new Date() });
  }

  async #request(
    method: 'GET' | 'DELETE' | 'POST',
    path: string,
    headers: Record<string, string>,
    credential: Credential,
    body: Buffer | null,
    signal?: AbortSignal,
  ): Promise<ShortAnswer> {
    const authorized =
      credential.kind === 'key'
        ? this.#withKey(headers, credential.key)
        : await this.#signed(method, path, headers, credential, body ?? Buffer.alloc(0));
    const limits = {
      headersTimeout: SHORT_TIMEOUT_MS,
      bodyTimeout: SHORT_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    };
    const answer = await this.#pool.request({ path, method, headers: authorized, body, ...limits });
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of answer.body) {
      pieces.push(piece as Buffer);
      size += (piece as Buffer).length;
      if (size > SHORT_BYTES_MAX) throw new Error(`it answered more than ${SHORT_BYTES_MAX} bytes`);
    }
    return { status: answer.statusCode, headers: answer.headers as WireHeaders, body: Buffer.concat(pieces) };
  }

  async #list(): Promise<void> {
    let nextMs = LISTING_EVERY_MS;
    try {
      const { listing } = this.protocol;
      const credential = this.credential;
      if (listing !== null && credential !== undefined) {
        const answer = await this.ask('GET', listing.path, credential);
        if (this.#isClosed()) return;
        if (answer.status !== 200) throw new Error(`its list of models answered ${answer.status}`);
        const models = listing.read(JSON.parse(answer.body.toString('utf8')));
        this.models = models;
      }
      // Without a key nothing can be listed; what targets name is all that there is.
      this.known = true;
      this.#listener.providerListed(this);
    } catch (error) {
      if (this.#isClosed()) return;
      nextMs = LISTING_RETRY_MS;
      this.#listener.providerSilent(this, reasonOf(error));
    }
    this.#timer = setTimeout(() => void this.#list(), nextMs);
    this.#timer.unref();
  }

  #isClosed(): boolean {
    return this.#closed;
  }
}

/** Groq serves OpenAI's paths below a path of its own, which its SDK adds by itself. */
function basePath({ provider }: ProviderConfig, url: URL): string {
  const path = url.pathname.replace(/\/+$/, '');
  return provider === 'groq' && !path.endsWith('/openai') ? `${path}/openai` : path;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const { code } = error as { code?: string };
  return code ?? error.message;
}

/** Where no request of a client stands behind what is asked. */
const NO_CALL: ProviderCall = {
  wire: 'openai',
  operation: 'chat',
  model: '',
  stream: false,
  tierWord: null,
  invoke: false,
  client: {},
};

/** Stands for the request that never left. */
const NOT_SENT = {
  aborted: true,
  paused: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort() {},
  pause() {},
  resume() {},
} as unknown as Dispatcher.DispatchController;
