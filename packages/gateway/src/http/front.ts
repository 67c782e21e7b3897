import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@offpeak/dialects';
import type { Identity } from '../keys/ring.ts';
import { readAsked } from './asked.ts';
import { readBody } from './body.ts';
import { callerOf, isSigned, tokenOf } from './callers.ts';
import { countTokens } from './count-tokens.ts';
import { Exchange } from './exchange.ts';
import { refuse, refuseUnread } from './listener.ts';
import { lookUp, type Mount, type Target } from './mounts.ts';
import { answerModel, answerModels } from './models.ts';
import { Passages } from './passages.ts';
import { planRequest } from './plan-request.ts';
import { Receipt } from './receipt.ts';
import { answerOperations } from './operations.ts';
import type { Services } from './services.ts';
import { readTerms } from './terms.ts';
import { findWay } from './ways.ts';

/** For clients of a replica that stops, or whose engines are just being found: soon another answer is likely. */
const RETRY_MS = 1_000;

/** Takes every request: finds the wire, the caller and the request's own words, and hands what is sound to an Exchange. */
export class Front {
  readonly #services: Services;

  constructor(services: Services) {
    this.#services = services;
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    const url = req.url ?? '/';
    const query = url.indexOf('?');
    const path = query < 0 ? url : url.slice(0, query);
    const method = req.method ?? 'GET';
    const found = lookUp(method, path, req.headers);
    if (!found.found) {
      if (answerOperations(this.#services, method, path, res)) return;
      const { mount, allowed } = found;
      this.#refuseEarly(
        req,
        res,
        mount,
        allowed === undefined
          ? { kind: 'unknown-path', method, path }
          : { kind: 'method-not-allowed', method, path, allowed },
      );
      return;
    }
    const { target } = found;
    const identity = callerOf(this.#services, req);
    if (identity === null) {
      this.#services.authRefused();
      this.#refuseEarly(req, res, target.mount, unauthenticated(req));
      return;
    }
    switch (target.operation) {
      case 'models':
        answerModels(this.#services, target, res);
        return;
      case 'model':
        answerModel(this.#services, target, res);
        return;
      case 'stored-get':
      case 'stored-delete':
      case 'stored-cancel':
      case 'stored-inputs':
        this.#refuseEarly(req, res, target.mount, { kind: 'unknown-response', id: target.storedId ?? '' });
        return;
      default:
        this.#post(req, res, target, identity);
    }
  }

  #post(req: IncomingMessage, res: ServerResponse, target: Target, identity: Identity): void {
    const services = this.#services;
    const { mount } = target;
    const problem = unreadable(req) ?? unavailable(services);
    if (problem !== null) {
      this.#refuseEarly(req, res, mount, problem);
      return;
    }
    const { bodyBytesMax, bodyReadMsMax } = services.config.server;
    const receipt = new Receipt(services.nextRequestId(), target, identity, performance.now());
    // One listener for the request's whole life; what has to stop when the client leaves changes.
    let leave: () => void = readBody(req, services.bodies, services.timers, bodyBytesMax, bodyReadMsMax, {
      complete: (body) => {
        const exchange = this.#admitted(req, res, receipt, body);
        if (exchange === null) return;
        leave = () => {
          exchange.clientGone();
        };
        exchange.submit();
      },
      tooLarge: () => {
        this.#refuseEarly(req, res, mount, { kind: 'body-too-large', limitBytes: bodyBytesMax });
      },
      noRoom: () => {
        this.#refuseEarly(req, res, mount, { kind: 'queue-full', retryAfterMs: RETRY_MS });
      },
      tooSlow: () => {
        this.#refuseEarly(req, res, mount, { kind: 'body-timeout', limitMs: bodyReadMsMax });
      },
    });
    res.on('close', () => {
      leave();
    });
  }

  /** The exchange of a sound request. Null: it was answered already, and a fault of ours is no one else's end. */
  #admitted(req: IncomingMessage, res: ServerResponse, receipt: Receipt, body: Buffer): Exchange | null {
    let admitted: Exchange | Problem | null;
    try {
      admitted = this.#admit(req, res, receipt, body);
    } catch (error) {
      this.#services.reportFault(error, receipt.id);
      admitted = { kind: 'internal' };
    }
    if (admitted === null || admitted instanceof Exchange) return admitted;
    refuse(res, receipt.target.mount.dialect, admitted, receipt.id);
    return null;
  }

  /** Reads the request's own words, or says what is wrong with them. */
  #admit(req: IncomingMessage, res: ServerResponse, receipt: Receipt, body: Buffer): Exchange | Problem | null {
    const services = this.#services;
    const { target } = receipt;
    const asked = readAsked(target, req.headers, body);
    if ('kind' in asked) return asked;
    const { facts } = asked;
    receipt.model = facts.model;
    receipt.stream = facts.stream;
    const terms = readTerms(req.headers, receipt.wallAt);
    if ('kind' in terms) return terms;
    const route = services.fleet.route(facts.model);
    if (route === undefined) return unknownModel(services, facts.model);
    if (target.operation === 'count-tokens') {
      void countTokens(services, receipt, asked, route, req, res, body);
      return null;
    }
    const planned = planRequest(services, receipt, facts, terms);
    if ('kind' in planned) return planned;
    const passages = new Passages(asked, body);
    const found = findWay(services, receipt, asked, passages, route, planned, terms);
    if ('kind' in found) return found;
    receipt.ignored = passages.ignored;
    return new Exchange(services, receipt, req, res, body, asked, passages, found.plan, terms, found.way);
  }

  #refuseEarly(req: IncomingMessage, res: ServerResponse, mount: Mount, problem: Problem): void {
    if (req.complete) refuse(res, mount.dialect, problem, this.#services.nextRequestId());
    else refuseUnread(req, res, mount.dialect, problem, this.#services.nextRequestId());
  }
}

function unauthenticated(req: IncomingMessage): Problem {
  const shown = isSigned(req) || tokenOf(req) !== undefined;
  const detail = shown
    ? 'the API key is not valid here: it is unknown, expired or revoked'
    : 'no API key was sent; send it as `Authorization: Bearer op_...`, or where the SDK of this wire puts it';
  return { kind: 'unauthenticated', detail };
}

/** Bodies that would be read only to be refused. */
function unreadable(req: IncomingMessage): Problem | null {
  const type = req.headers['content-type'];
  if (type !== undefined && !type.includes('json')) return { kind: 'unsupported-media-type', received: type };
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return { kind: 'unsupported-media-type', received: `content-encoding ${encoding}` };
  }
  return null;
}

function unavailable(services: Services): Problem | null {
  if (services.draining) return { kind: 'draining', retryAfterMs: RETRY_MS };
  // Rows that cannot be written would be work that nobody pays for.
  return services.ledger.accepting ? null : { kind: 'draining', retryAfterMs: RETRY_MS };
}

/** Names of an engine that was never reached are not known yet; saying that the model does not exist could be wrong. */
function unknownModel(services: Services, model: string): Problem {
  return services.fleet.complete
    ? { kind: 'unknown-model', model, known: [...services.fleet.models] }
    : { kind: 'no-capacity', model, retryAfterMs: RETRY_MS };
}
