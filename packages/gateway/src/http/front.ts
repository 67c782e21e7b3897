import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@offpeak/dialects';
import type { Identity } from '../keys/ring.ts';
import { admit, type Admission, type Arrival } from './admit.ts';
import { readBody } from './body.ts';
import { callerOf, tokenOf } from './callers.ts';
import { Exchange } from './exchange.ts';
import { refuse, refuseUnread } from './listener.ts';
import { lookUp, type Mount, type Target } from './mounts.ts';
import { answerModel, answerModels } from './models.ts';
import { Receipt } from './receipt.ts';
import { answerOperations } from './operations.ts';
import type { Services } from './services.ts';
import { checkSignature, claimantOf, isSigned } from './signed.ts';
import { answerStored } from './stored/answer-stored.ts';

const NO_BODY = Buffer.alloc(0);

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
    const found = lookUp(method, path, req.headers, query < 0 ? '' : url.slice(query));
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
    const signed = this.#services.keys !== null && isSigned(req);
    const identity = signed ? claimantOf(this.#services, req) : callerOf(this.#services, req);
    if (identity === null || 'kind' in identity) {
      this.#services.authRefused();
      this.#refuseEarly(req, res, target.mount, identity ?? unauthenticated(req));
      return;
    }
    if (method === 'POST' && target.storedId === undefined) {
      this.#post(req, res, target, identity, signed);
      return;
    }
    if (!signed) {
      this.#answer(req, res, target, identity);
      return;
    }
    checkSignature(this.#services, req, NO_BODY).then(
      (problem) => {
        if (problem === null) this.#answer(req, res, target, identity);
        else this.#refuseEarly(req, res, target.mount, problem);
      },
      (error: unknown) => {
        this.#services.reportFault(error, '');
        this.#refuseEarly(req, res, target.mount, { kind: 'internal' });
      },
    );
  }

  /** What needs no body. */
  #answer(req: IncomingMessage, res: ServerResponse, target: Target, identity: Identity): void {
    if (target.operation === 'models') answerModels(this.#services, target, res);
    else if (target.operation === 'model') answerModel(this.#services, target, res);
    else void answerStored(this.#services, target, identity, req, res);
  }

  #post(req: IncomingMessage, res: ServerResponse, target: Target, identity: Identity, signed: boolean): void {
    const services = this.#services;
    const { mount } = target;
    const problem = unreadable(req, target) ?? unavailable(services);
    if (problem !== null) {
      this.#refuseEarly(req, res, mount, problem);
      return;
    }
    const { bodyBytesMax, bodyReadMsMax } = services.config.server;
    const receipt = new Receipt(services.nextRequestId(), target, identity, performance.now());
    // One listener for the request's whole life; what has to stop when the client leaves changes.
    let leave: () => void = readBody(req, services.bodies, services.timers, bodyBytesMax, bodyReadMsMax, {
      complete: (body) => {
        let gone = false;
        leave = () => {
          gone = true;
        };
        const submit = (admission: Admission): void => {
          if (admission === null || gone) return;
          if (!(admission instanceof Exchange)) {
            refuse(res, mount.dialect, admission, receipt.id);
            return;
          }
          leave = () => {
            try {
              admission.clientGone();
            } catch (error) {
              admission.broke(error);
            }
          };
          admission.submit();
        };
        this.#admit({ req, res, receipt, body, signed }, submit);
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

  /** A fault of ours is this request's alone. */
  #admit(arrival: Arrival, then: (admission: Admission) => void): void {
    try {
      const admission = admit(this.#services, arrival);
      if (!(admission instanceof Promise)) then(admission);
      else
        admission.then(then).catch((error: unknown) => {
          this.#faulty(error, arrival, then);
        });
    } catch (error) {
      this.#faulty(error, arrival, then);
    }
  }

  #faulty(error: unknown, { receipt }: Arrival, then: (admission: Admission) => void): void {
    this.#services.reportFault(error, receipt.id);
    then({ kind: 'internal' });
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
  return { kind: 'unauthenticated', detail, missing: !shown };
}

/** Bodies that would be read only to be refused. */
function unreadable(req: IncomingMessage, { invoke }: Target): Problem | null {
  const type = req.headers['content-type'];
  // AWS's SDK calls a model's own body bytes unless it is told better.
  const isAny = invoke === true && type === 'application/octet-stream';
  if (type !== undefined && !type.includes('json') && !isAny) return { kind: 'unsupported-media-type', received: type };
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
