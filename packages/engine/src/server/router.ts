import { randomUUID, timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Backend } from './backend.ts';
import { readChatRequest } from './chat-request.ts';
import { ChatWire } from './chat-wire.ts';
import { completionTokensDefault, readCompletionRequest } from './completion-request.ts';
import { CompletionWire } from './completion-wire.ts';
import type { Fault, FaultPlan } from './faults.ts';
import { Fields } from './fields.ts';
import type { JsonObject } from './fields.ts';
import type { EngineMetrics } from './metrics.ts';
import { badRequest, problemBody, RequestProblem } from './problem.ts';
import { readJsonBody } from './read-body.ts';
import { serveAnswer } from './serve-answer.ts';
import type { AnswerIdentity } from './wire-format.ts';

/** What an engine says of itself. */
export interface EngineDescription {
  readonly model: string;
  /** `owned_by` in the list of models: how a gateway tells what kind of engine it is. */
  readonly owner: string;
  readonly fingerprint: string;
  /** On every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further pages, by their path. */
  readonly pages: ReadonlyMap<string, () => object>;
  /** The code of the error for what is larger than the context. */
  readonly contextExceededCode: number | string;
}

export interface EngineParts {
  readonly description: EngineDescription;
  readonly backend: Backend;
  readonly metrics: EngineMetrics;
  readonly apiKey: string | undefined;
  readonly faults: FaultPlan;
  readonly startedS: number;
}

const generationPaths = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings'];
const plainPaths = ['/v1/models', '/metrics', '/health'];

/** One request of the engine's HTTP interface. */
export class Router {
  readonly #parts: EngineParts;
  receivedRequests = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, pages } = this.#parts.description;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      const path = (request.url ?? '/').split('?', 1)[0]!;
      if (generationPaths.includes(path)) {
        if (request.method !== 'POST') return this.#plain(response, 405, '{"detail":"Method Not Allowed"}');
        await this.#generate(path, request, response);
      } else if (plainPaths.includes(path) || pages.has(path)) {
        if (request.method !== 'GET') return this.#plain(response, 405, '{"detail":"Method Not Allowed"}');
        this.#describe(path, request, response);
      } else {
        this.#plain(response, 404, '{"detail":"Not Found"}');
      }
    } catch (error) {
      this.#fail(response, error);
    }
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (response.headersSent || response.destroyed) {
      response.destroy();
      return;
    }
    const problem =
      error instanceof RequestProblem
        ? error
        : new RequestProblem(500, 'InternalServerError', 'The engine failed on this request.');
    this.#plain(response, problem.status, problemBody(problem));
  }

  #plain(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }

  #describe(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { description, backend, startedS, metrics } = this.#parts;
    const { model, owner, pages } = description;
    switch (path) {
      case '/v1/models': {
        if (!this.#isAuthorized(request)) return this.#plain(response, 401, '{"error":"Unauthorized"}');
        const card = {
          id: model,
          object: 'model',
          created: startedS,
          owned_by: owner,
          root: model,
          parent: null,
          max_model_len: backend.contextTokensMax,
          permission: [],
        };
        return this.#plain(response, 200, JSON.stringify({ object: 'list', data: [card] }));
      }
      case '/metrics':
        return this.#plain(response, 200, metrics.exposition(), 'text/plain; version=0.0.4; charset=utf-8');
      default: {
        const page = pages.get(path);
        return this.#plain(response, 200, page === undefined ? '' : JSON.stringify(page()));
      }
    }
  }

  async #generate(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isAuthorized(request)) return this.#plain(response, 401, '{"error":"Unauthorized"}');
    this.receivedRequests++;
    const fault = this.#parts.faults.take();
    const body = await readJsonBody(request);
    if (fault !== undefined && (await this.#happensFirst(fault, response))) return;
    if (response.destroyed) return;
    this.#checkModel(body);
    const { gauges, requestsMax } = this.#parts.backend;
    if (gauges.runningRequests + gauges.waitingRequests >= requestsMax) {
      throw new RequestProblem(503, 'ServiceUnavailableError', `The engine holds ${requestsMax} requests already.`);
    }
    this.#dispatch(path, body, response, fault);
  }

  #dispatch(path: string, body: JsonObject, response: ServerResponse, fault: Fault | undefined): void {
    const { backend, metrics, description } = this.#parts;
    const context = { backend, metrics, response, fault, contextExceededCode: description.contextExceededCode };
    if (path === '/v1/chat/completions') {
      const chat = readChatRequest(body);
      const plans = backend.planChat(chat);
      const identity = this.#identity('chatcmpl');
      const wire = new ChatWire(identity, chat);
      serveAnswer(context, { id: identity.id, plans, sampling: chat.sampling, maxTokensDefault: undefined, wire });
    } else if (path === '/v1/completions') {
      const completion = readCompletionRequest(body);
      const plans = backend.planCompletion(completion);
      const identity = this.#identity('cmpl');
      const wire = new CompletionWire(identity, plans, completion);
      const { sampling } = completion;
      serveAnswer(context, { id: identity.id, plans, sampling, maxTokensDefault: completionTokensDefault, wire });
    } else {
      if (backend.embed === undefined) throw badRequest('This engine does not make embeddings.');
      backend.embed(body, { identity: this.#identity('embd'), response, metrics });
    }
  }

  /** True where the fault is all that happens to the request. */
  async #happensFirst(fault: Fault, response: ServerResponse): Promise<boolean> {
    switch (fault.kind) {
      case 'refuse': {
        if (fault.retryAfterS !== undefined) response.setHeader('retry-after', fault.retryAfterS);
        const message = fault.message ?? 'Refused by an injected fault.';
        throw new RequestProblem(fault.status, 'InjectedFault', message);
      }
      case 'hang':
        return true;
      case 'garbage':
        this.#plain(response, 200, '<html>\u0000 not what was asked for {"choices":[');
        return true;
      case 'slow-first-token':
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, fault.delayMs);
          response.on('close', () => {
            clearTimeout(timer);
            resolve();
          });
        });
        return false;
      default:
        return false;
    }
  }

  #identity(prefix: string): AnswerIdentity {
    const { model, fingerprint } = this.#parts.description;
    return { id: `${prefix}-${randomUUID()}`, createdS: Math.floor(Date.now() / 1000), model, fingerprint };
  }

  #checkModel(body: JsonObject): void {
    const asked = new Fields(body).string('model');
    if (asked === undefined || asked === this.#parts.description.model) return;
    throw new RequestProblem(404, 'NotFoundError', `The model \`${asked}\` does not exist.`, 'model');
  }

  #isAuthorized(request: IncomingMessage): boolean {
    const { apiKey } = this.#parts;
    return apiKey === undefined || isSameText(request.headers.authorization ?? '', `Bearer ${apiKey}`);
  }
}

/** Compares digests, so that the time tells nothing about where the texts differ. */
function isSameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
