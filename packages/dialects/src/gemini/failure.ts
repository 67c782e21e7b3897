import type { Failure } from '../canonical/answer.ts';
import type { WireHeaders } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/** What an upstream says is shown to a client and written to a log. */
const messageCharsMax = 2_000;

/** Reasons that concern the key and its project, and not the request. */
const KEY_REASONS = /^(?:API_KEY_|CONSUMER_|SERVICE_DISABLED|ACCESS_TOKEN_|CREDENTIALS_|BILLING_DISABLED)/;

/** Things that lie with Google and that a request may name: what is not there, or another project's, is not the upstream's fault. */
const CLIENTS_OWN = /\b(?:file|cached ?content|tuned ?model|corpus|corpora)\b/i;

/** What a status other than 200 means. Streams that are asked for without `alt=sse` fail with a list of one error. */
export function readGeminiFailure(status: number, headers: WireHeaders, body: Buffer): Failure {
  return failureOf(status, parseError(body), headers);
}

/** An error inside a stream, which began as if all were well. */
export function streamFailure(raw: unknown): Failure {
  const error = isObject(raw) ? raw : {};
  const { code } = error;
  return failureOf(typeof code === 'number' ? code : 500, error, {});
}

function parseError(body: Buffer): JsonObject | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (Array.isArray(parsed)) parsed = parsed[0] as unknown;
  return isObject(parsed) && isObject(parsed['error']) ? parsed['error'] : null;
}

/** `error`: null where the body is not of this wire, as when a proxy answers. */
function failureOf(status: number, error: JsonObject | null, headers: WireHeaders): Failure {
  const { message, status: code } = error ?? {};
  const text = typeof message === 'string' && message !== '' ? message : `it answered with status ${status}`;
  const details = error === null ? [] : objects(error['details']);
  const param = fieldOf(details);
  const retryAfterMs = retryDelayOf(details) ?? retryAfterOf(headers);
  return {
    kind: kindOf(status, error, text, details),
    message: text.length > messageCharsMax ? `${text.slice(0, messageCharsMax)}...` : text,
    ...(typeof code === 'string' && code !== '' ? { code } : {}),
    ...(param === undefined ? {} : { param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function kindOf(
  status: number,
  error: JsonObject | null,
  message: string,
  details: readonly JsonObject[],
): Failure['kind'] {
  const reason = detail(details, 'ErrorInfo')?.['reason'];
  const aboutKey = typeof reason === 'string' && KEY_REASONS.test(reason);
  switch (status) {
    case 400:
      return aboutKey ? 'credentials' : mistakeOf(message);
    case 401:
      return 'credentials';
    case 403:
      return !aboutKey && CLIENTS_OWN.test(message) ? 'rejected' : 'credentials';
    case 404:
      return CLIENTS_OWN.test(message) ? 'rejected' : 'not-found';
    case 429:
      return error === null ? 'limited' : exhaustionOf(message, details);
    case 503:
      return error?.['status'] === 'UNAVAILABLE' ? 'no-capacity' : 'failed';
    // The provider's own: a deadline of its own, a conflict inside it, a cancellation that nobody here asked for.
    case 408:
    case 409:
    case 499:
      return 'failed';
    default:
      return status >= 400 && status < 500 ? 'rejected' : 'failed';
  }
}

/** Two of them are the account's: where it may be used from, and whether anybody pays for it. */
function mistakeOf(message: string): Failure['kind'] {
  if (/user location is not supported/i.test(message)) return 'failed';
  return /enable billing/i.test(message) ? 'exhausted' : 'rejected';
}

/** A quota's refusal names the quota. One that names none is about what everybody together uses, whatever it says of quotas to be checked. */
function exhaustionOf(message: string, details: readonly JsonObject[]): Failure['kind'] {
  const violations = objects(detail(details, 'QuotaFailure')?.['violations']);
  const metadata = detail(details, 'ErrorInfo')?.['metadata'];
  const told = [...violations, ...(isObject(metadata) ? [metadata] : [])];
  const ids = told.map((entry) => `${String(entry['quotaId'] ?? '')}${String(entry['quota_limit'] ?? '')}`);
  const values = told.map((entry) => entry['quotaValue'] ?? entry['quota_limit_value']);
  if (ids.some((id) => /PerDay/i.test(id)) || values.includes('0')) return 'exhausted';
  if (/credits? (?:are|is) depleted|billing account|spend(?:ing)? cap/i.test(message)) return 'exhausted';
  return told.length === 0 && !/quota exceeded|current quota|rate.?limit/i.test(message) ? 'no-capacity' : 'limited';
}

function fieldOf(details: readonly JsonObject[]): string | undefined {
  const field = objects(detail(details, 'BadRequest')?.['fieldViolations'])[0]?.['field'];
  return typeof field === 'string' && field !== '' ? field : undefined;
}

/** `34s`, `34.074824224s`, or, where a proxy wrote the message out, an object. */
function retryDelayOf(details: readonly JsonObject[]): number | undefined {
  const delay = detail(details, 'RetryInfo')?.['retryDelay'];
  const seconds = isObject(delay) ? Number(delay['seconds'] ?? 0) + Number(delay['nanos'] ?? 0) / 1e9 : delay;
  const value = typeof seconds === 'string' && /^\d+(?:\.\d+)?s$/.test(seconds) ? Number.parseFloat(seconds) : seconds;
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.ceil(value * 1_000) : undefined;
}

function retryAfterOf(headers: WireHeaders): number | undefined {
  const header = headers['retry-after'] ?? '';
  return /^\d+(?:\.\d+)?$/.test(header) ? Number(header) * 1_000 : undefined;
}

function detail(details: readonly JsonObject[], name: string): JsonObject | undefined {
  return details.find((entry) => entry['@type'] === `type.googleapis.com/google.rpc.${name}`);
}

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
