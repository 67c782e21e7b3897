import type { Failure } from '../canonical/answer.ts';
import type { WireHeaders } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/** What an upstream says is shown to a client and written to a log. */
const messageCharsMax = 2_000;

/** What no waiting within minutes lifts; most of it comes as a 429. */
const EXHAUSTED: ReadonlySet<string> = new Set([
  'billing_error',
  'contract_spend_limit_reached',
  'enforced_spend_limit_reached',
  'linked_organization_billing_unavailable',
  'linked_organization_spend_limit_reached',
  'upstream_quota_exhausted',
]);

const KINDS: ReadonlyMap<unknown, Failure['kind']> = new Map<string, Failure['kind']>([
  ['authentication_error', 'credentials'],
  ['permission_error', 'credentials'],
  ['not_found_error', 'not-found'],
  ['rate_limit_error', 'limited'],
  ['overloaded_error', 'no-capacity'],
  ['api_error', 'failed'],
  ['timeout_error', 'failed'],
  ['invalid_request_error', 'rejected'],
  ['request_too_large', 'rejected'],
]);

const STATUS_KINDS: ReadonlyMap<number, Failure['kind']> = new Map<number, Failure['kind']>([
  [401, 'credentials'],
  [402, 'exhausted'],
  [403, 'credentials'],
  [404, 'not-found'],
  // The provider's own: a timeout, a conflict of requests that nobody here sent, a cancellation.
  [408, 'failed'],
  [409, 'failed'],
  [429, 'limited'],
  [499, 'failed'],
  [529, 'no-capacity'],
]);

/** What a status other than 200 means. The body may be HTML, or empty. */
export function readAnthropicFailure(status: number, headers: WireHeaders, body: Buffer): Failure {
  const error = parseError(body) ?? {};
  const retryAfterMs = retryAfterOf(headers);
  const kind = wordKind(error) ?? STATUS_KINDS.get(status) ?? (status < 500 ? 'rejected' : 'failed');
  return {
    ...wordsOf(error, `it answered with status ${status}`),
    // One type stands for all that the client has to mend; a status tells better who cannot do it now.
    kind: kind === 'rejected' ? (STATUS_KINDS.get(status) ?? kind) : kind,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** An `error` event: the stream began as if all were well. */
export function streamFailure(raw: unknown): Failure {
  const error = isObject(raw) ? raw : {};
  return { ...wordsOf(error, 'it failed within its stream'), kind: wordKind(error) ?? 'failed' };
}

function parseError(body: Buffer): JsonObject | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  return isObject(parsed) && isObject(parsed['error']) ? parsed['error'] : null;
}

function wordKind(error: JsonObject): Failure['kind'] | undefined {
  const { type, message } = error;
  const code = detail(error, 'error_code');
  if (EXHAUSTED.has(code ?? '') || EXHAUSTED.has(String(type))) return 'exhausted';
  // An account without credit is told as if the request were at fault.
  if (typeof message === 'string' && message.includes('credit balance is too low')) return 'exhausted';
  return KINDS.get(type);
}

function wordsOf(error: JsonObject, unsaid: string): Omit<Failure, 'kind'> {
  const { type, message } = error;
  const text = typeof message === 'string' && message !== '' ? message : unsaid;
  const code = detail(error, 'error_code') ?? (typeof type === 'string' && type !== '' ? type : undefined);
  const param = detail(error, 'param');
  return {
    message: text.length > messageCharsMax ? `${text.slice(0, messageCharsMax)}...` : text,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  };
}

function detail(error: JsonObject, name: string): string | undefined {
  const details = error['details'];
  const value = isObject(details) ? details[name] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The finest first. A date in `retry-after` would need a clock, and Anthropic sends none. */
function retryAfterOf(headers: WireHeaders): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (ms >= 0) return ms;
  const seconds = headers['retry-after'] ?? '';
  return /^\d{1,9}(\.\d+)?$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}
