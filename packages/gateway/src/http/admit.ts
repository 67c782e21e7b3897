import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Problem } from '@offpeak/dialects';
import { readAsked, type Asked } from './asked.ts';
import { countTokens } from './count-tokens.ts';
import { Exchange } from './exchange.ts';
import { refuse } from './listener.ts';
import { lookupProblem } from './lookup-limits.ts';
import { Passages } from './passages.ts';
import { planRequest } from './plan-request.ts';
import type { Receipt } from './receipt.ts';
import type { Services } from './services.ts';
import { checkSignature } from './signed.ts';
import { withHistory, withoutStore, type Continued } from './stored/history.ts';
import { strangeItem } from './stored/items.ts';
import { Keeper } from './stored/keeper.ts';
import { namesItems, withItems } from './stored/references.ts';
import { readTerms } from './terms.ts';
import { findWay } from './ways.ts';

/** For clients whose engines are just being found: soon another answer is likely. */
const RETRY_MS = 1_000;

/** A request whose body is there. */
export interface Arrival {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly receipt: Receipt;
  readonly body: Buffer;
  /** Who it claims to be from is still to be proven. */
  readonly signed: boolean;
}

/** A sound request's exchange, what is wrong with it, or null where it was answered already. */
export type Admission = Exchange | Problem | null;

/** Reads the request's own words, or says what is wrong with them. Only signatures and what continues a stored answer are waited for. */
export function admit(services: Services, arrival: Arrival): Admission | Promise<Admission> {
  if (!arrival.signed) return admitKnown(services, arrival);
  return checkSignature(services, arrival.req, arrival.body).then((problem) => {
    return problem ?? admitKnown(services, arrival);
  });
}

function admitKnown(services: Services, arrival: Arrival, body = arrival.body): Admission | Promise<Admission> {
  const { req, receipt } = arrival;
  const asked = readAsked(receipt.target, req.headers, body);
  if ('kind' in asked) return asked;
  if (asked.wire?.stored?.store === true && services.config.responses.keepMs === 0) {
    // Nobody is to keep it, a provider that would be forwarded to included, and the answer says so.
    const unstored = withoutStore(body);
    return 'kind' in unstored ? unstored : admitKnown(services, arrival, unstored);
  }
  if (!namesItems(asked, body)) return admitOwned(services, arrival, asked, body);
  return withItems(services, receipt, body).then((whole) => {
    if ('kind' in whole) return whole;
    const again = readAsked(receipt.target, req.headers, whole);
    return 'kind' in again ? again : admitOwned(services, arrival, again, whole);
  });
}

function admitOwned(services: Services, arrival: Arrival, asked: Asked, body: Buffer): Admission | Promise<Admission> {
  const strange = strangeItem(services, arrival.receipt, asked, body);
  if (strange === null) return admitContinued(services, arrival, asked, body, null);
  return strange.then((param) => admitContinued(services, arrival, asked, body, param));
}

function admitContinued(
  services: Services,
  arrival: Arrival,
  asked: Asked,
  body: Buffer,
  strange: string | null,
): Admission | Promise<Admission> {
  const { req, receipt } = arrival;
  const previous = asked.wire?.stored?.previousResponse;
  if (previous === undefined) return admitAsked(services, arrival, asked, body, null, strange);
  return withHistory(services, receipt, previous, body).then((continued) => {
    if ('kind' in continued) return continued;
    const whole = readAsked(receipt.target, req.headers, continued.body);
    if ('kind' in whole) return whole;
    return admitAsked(services, arrival, whole, continued.body, { ...continued, previous }, strange);
  });
}

function admitAsked(
  services: Services,
  { req, res, receipt, body: sent }: Arrival,
  asked: Asked,
  body: Buffer,
  continued: (Continued & { readonly previous: string }) | null,
  strange: string | null,
): Admission {
  const { facts } = asked;
  receipt.model = facts.model;
  receipt.stream = facts.stream;
  const terms = readTerms(req.headers, receipt.wallAt);
  if ('kind' in terms) return terms;
  const route = services.fleet.route(facts.model);
  if (route === undefined) return unknownModel(services, facts.model);
  if (receipt.target.operation === 'count-tokens') {
    const limited = lookupProblem(services, receipt);
    if (limited === null) {
      countTokens(services, receipt, asked, route, req, res, body).catch((error: unknown) => {
        services.reportFault(error, receipt.id);
        if (!res.headersSent) refuse(res, receipt.target.mount.dialect, { kind: 'internal' }, receipt.id);
      });
    }
    return limited;
  }
  const planned = planRequest(services, receipt, facts, terms);
  if ('kind' in planned) return planned;
  const echo = continued === null ? {} : { previous_response_id: continued.previous };
  const passages = new Passages(asked, body, echo, strange);
  const found = findWay(services, receipt, asked, passages, route, planned, terms, continued?.upstream);
  if ('kind' in found) return found;
  receipt.ignored = passages.ignored;
  const { plan, way } = found;
  const keeper = asked.wire?.stored?.store === true ? new Keeper(services, receipt, body) : null;
  return new Exchange(services, { req, res, receipt, body: sent }, asked, passages, plan, terms, way, keeper);
}

/** Names of an engine that was never reached are not known yet; saying that the model does not exist could be wrong. */
function unknownModel(services: Services, model: string): Problem {
  return services.fleet.complete
    ? { kind: 'unknown-model', model, known: [...services.fleet.models] }
    : { kind: 'no-capacity', model, retryAfterMs: RETRY_MS };
}
