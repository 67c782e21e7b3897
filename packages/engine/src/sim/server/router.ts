import { randomUUID, timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EngineLoop } from '../loop/engine-loop.ts';
import { planChat } from './chat-plan.ts';
import { readChatRequest } from './chat-request.ts';
import { ChatWire } from './chat-wire.ts';
import { completionTokensDefault, planCompletion, readCompletionRequest } from './completion-request.ts';
import { CompletionWire } from './completion-wire.ts';
import { serveEmbeddings } from './serve-embeddings.ts';
import type { Fault, FaultPlan } from './faults.ts';
import { Fields } from './fields.ts';
import type { JsonObject } from './fields.ts';
import type { EngineMetrics } from './metrics.ts';
import { problemBody, RequestProblem } from './problem.ts';
import { readJsonBody } from './read-body.ts';
import type { RealTimeDriver } from './real-time-driver.ts';
import { serveAnswer } from './serve-answer.ts';
import type { AnswerIdentity } from './wire-format.ts';

export interface EngineParts {
  readonly model: string;
  readonly profile: string;
  readonly contextTokensMax: number;
  readonly apiKey: string | undefined;
  readonly loop: EngineLoop;
  readonly driver: RealTimeDriver;
  readonly metrics: EngineMetrics;
  readonly faults: FaultPlan;
  readonly startedS: number;
}

/** Requests in the engine, running and waiting; one more is refused with 503. */
const requestsMax = 16_384;

const generationPaths = ['/v1/chat/completions', '/v1/completions', '/v1/embeddings'];
const plainPaths = ['/v1/models', '/metrics', '/health', '/version'];

/** One request of the engine's HTTP interface. */
export class Router {
  readonly #parts: EngineParts;
  receivedRequests = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-offpeak-simulated', 'true');
    try {
      const path = (request.url ?? '/').split('?', 1)[0]!;
      if (generationPaths.includes(path)) {
        if (request.method !== 'POST') return this.#plain(response, 405, '{"detail":"Method Not Allowed"}');
        await this.#generate(path, request, response);
      } else if (plainPaths.includes(path)) {
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
        : new RequestProblem(500, 'InternalServerError', 'The simulated engine failed on this request.');
    this.#plain(response, problem.status, problemBody(problem));
  }

  #plain(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }

  #describe(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { model, profile, contextTokensMax, startedS, metrics } = this.#parts;
    switch (path) {
      case '/v1/models': {
        if (!this.#isAuthorized(request)) return this.#plain(response, 401, '{"error":"Unauthorized"}');
        const card = {
          id: model,
          object: 'model',
          created: startedS,
          owned_by: 'offpeak-simulated',
          root: model,
          parent: null,
          max_model_len: contextTokensMax,
          permission: [],
        };
        return this.#plain(response, 200, JSON.stringify({ object: 'list', data: [card] }));
      }
      case '/metrics':
        return this.#plain(response, 200, metrics.exposition(), 'text/plain; version=0.0.4; charset=utf-8');
      case '/version':
        return this.#plain(
          response,
          200,
          JSON.stringify({ version: '0.1.0+offpeak.simulated', simulated: true, profile }),
        );
      default:
        return this.#plain(response, 200, '');
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
    const { loop } = this.#parts;
    if (loop.runningRequests + loop.waitingRequests >= requestsMax) {
      throw new RequestProblem(503, 'ServiceUnavailableError', `The engine holds ${requestsMax} requests already.`);
    }
    this.#dispatch(path, body, response, fault);
  }

  #dispatch(path: string, body: JsonObject, response: ServerResponse, fault: Fault | undefined): void {
    const context = { ...this.#parts, response, fault };
    if (path === '/v1/chat/completions') {
      const chat = readChatRequest(body);
      const plans = planChat(chat);
      const identity = this.#identity('chatcmpl');
      const wire = new ChatWire(identity, plans, chat);
      serveAnswer(context, { id: identity.id, plans, sampling: chat.sampling, maxTokensDefault: undefined, wire });
    } else if (path === '/v1/completions') {
      const completion = readCompletionRequest(body);
      const plans = planCompletion(completion);
      const identity = this.#identity('cmpl');
      const wire = new CompletionWire(identity, completion);
      const { sampling } = completion;
      serveAnswer(context, { id: identity.id, plans, sampling, maxTokensDefault: completionTokensDefault, wire });
    } else {
      serveEmbeddings(context, body, this.#identity('embd'));
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
    return { id: `${prefix}-${randomUUID()}`, createdS: Math.floor(Date.now() / 1000), model: this.#parts.model };
  }

  #checkModel(body: JsonObject): void {
    const asked = new Fields(body).string('model');
    if (asked === undefined || asked === this.#parts.model) return;
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
