import type { LimitKind } from '@offpeak/core';
import type { Problem } from '../problem.ts';
import { callerRetries, retryAfter } from './retry.ts';

/**
 * Whose turn it is to change something: the client's; nobody's, because capacity is in use; or the operator's. Each dialect has
 * its own word for it.
 */
export type Blame = 'client' | 'capacity' | 'server';

/** A problem apart from its words, as the OpenAI family of wires tells it. */
export interface Fault {
  readonly status: number;
  readonly blame: Blame;
  /** Stable: programs compare it. */
  readonly code: string;
}

const FAULTS: Readonly<Record<Problem['kind'], Fault>> = {
  'malformed-json': { status: 400, blame: 'client', code: 'invalid_json' },
  'invalid-value': { status: 400, blame: 'client', code: 'invalid_value' },
  'invalid-header': { status: 400, blame: 'client', code: 'invalid_header' },
  'unknown-tier': { status: 400, blame: 'client', code: 'invalid_value' },
  'tier-not-allowed': { status: 403, blame: 'client', code: 'service_tier_not_allowed' },
  'tier-not-served': { status: 400, blame: 'client', code: 'unsupported_value' },
  'malformed-http': { status: 400, blame: 'client', code: 'malformed_request' },
  'headers-too-large': { status: 431, blame: 'client', code: 'headers_too_large' },
  'unsupported-media-type': { status: 415, blame: 'client', code: 'unsupported_content_type' },
  'unknown-path': { status: 404, blame: 'client', code: 'unknown_url' },
  'method-not-allowed': { status: 405, blame: 'client', code: 'method_not_allowed' },
  'unknown-model': { status: 404, blame: 'client', code: 'model_not_found' },
  unauthenticated: { status: 401, blame: 'client', code: 'invalid_api_key' },
  'body-too-large': { status: 413, blame: 'client', code: 'request_too_large' },
  'headers-timeout': { status: 408, blame: 'client', code: 'request_timeout' },
  'body-timeout': { status: 408, blame: 'client', code: 'request_timeout' },
  limited: { status: 429, blame: 'client', code: 'rate_limit_exceeded' },
  'flex-unavailable': { status: 429, blame: 'capacity', code: 'flex_unavailable' },
  contended: { status: 429, blame: 'capacity', code: 'capacity_contended' },
  'no-capacity': { status: 503, blame: 'server', code: 'no_capacity' },
  'queue-full': { status: 503, blame: 'server', code: 'queue_full' },
  'deadline-unreachable': { status: 429, blame: 'capacity', code: 'deadline_unreachable' },
  'batch-infeasible': { status: 429, blame: 'capacity', code: 'batch_infeasible' },
  'batch-expired': { status: 429, blame: 'capacity', code: 'batch_expired' },
  'too-large-for-model': { status: 400, blame: 'client', code: 'context_length_exceeded' },
  'rejected-by-engine': { status: 400, blame: 'client', code: 'invalid_value' },
  unsupported: { status: 400, blame: 'client', code: 'unsupported_value' },
  untranslatable: { status: 400, blame: 'client', code: 'unsupported_value' },
  'bad-signature': { status: 403, blame: 'client', code: 'invalid_signature' },
  'unknown-response': { status: 404, blame: 'client', code: 'response_not_found' },
  'upstream-credentials': { status: 502, blame: 'server', code: 'upstream_credentials_rejected' },
  'upstream-exhausted': { status: 503, blame: 'server', code: 'upstream_quota_exhausted' },
  'upstream-failed': { status: 502, blame: 'server', code: 'upstream_failed' },
  'upstream-timeout': { status: 504, blame: 'server', code: 'upstream_timeout' },
  draining: { status: 503, blame: 'server', code: 'server_draining' },
  internal: { status: 500, blame: 'server', code: 'internal_error' },
};

export function faultOf(problem: Problem): Fault {
  const fault = FAULTS[problem.kind];
  // OpenAI's code, by which clients know that they have to send the whole conversation.
  if (problem.kind === 'unknown-response' && problem.continued === true)
    return { ...fault, status: 400, code: 'previous_response_not_found' };
  if (problem.kind !== 'rejected-by-engine') return fault;
  return { ...fault, status: problem.status, code: problem.code ?? fault.code };
}

/** OpenAI and Groq name the exhausted kind of limit where other errors name their type. */
export function limitedType(kind: LimitKind): 'tokens' | 'requests' {
  return kind === 'tokensPerMinute' || kind === 'tokensPerDay' ? 'tokens' : 'requests';
}

/** The request's member that is at fault. */
export function paramOf(problem: Problem): string | null {
  switch (problem.kind) {
    case 'invalid-value':
    case 'unsupported':
    case 'untranslatable':
    case 'rejected-by-engine':
      return problem.param;
    case 'unknown-response':
      return problem.continued === true ? 'previous_response_id' : 'response_id';
    case 'unknown-tier':
    case 'tier-not-allowed':
    case 'tier-not-served':
      return 'service_tier';
    case 'unknown-model':
      return 'model';
    default:
      return null;
  }
}

/** Everything that a client's program can act on without reading the body. */
export function headersOf(problem: Problem): Record<string, string> {
  switch (problem.kind) {
    case 'unauthenticated':
      return { 'www-authenticate': 'Bearer' };
    case 'method-not-allowed':
      return { allow: problem.allowed };
    // An SDK that asks twice more within seconds only fills the queue: flex was refused after its patience, or because nothing
    // frees up in time. Whether to wait, to pay for standard or to give up is the caller's choice.
    case 'flex-unavailable':
      return callerRetries(problem.retryAfterMs);
    // The same deadline is as far out of reach in a second as it is now.
    case 'deadline-unreachable':
    case 'batch-infeasible':
    case 'batch-expired':
      return callerRetries(problem.retryAfterMs);
    case 'limited':
      return problem.denial.never ? callerRetries(Number.POSITIVE_INFINITY) : retryAfter(problem.denial.retryAfterMs);
    case 'contended':
    case 'no-capacity':
    case 'queue-full':
    case 'draining':
      return retryAfter(problem.retryAfterMs);
    // An operator has to change something first; or it used up its whole time once, and would again, at full cost each time.
    case 'upstream-credentials':
    case 'upstream-exhausted':
    case 'upstream-timeout':
      return { 'x-should-retry': 'false' };
    default:
      return {};
  }
}
