import type { Failure } from '../../canonical/answer.ts';
import type { WireHeaders } from '../../codec.ts';
import { goDurationMs } from '../../words/duration.ts';
import { isObject, type JsonObject } from '../accumulate.ts';

/** What an upstream says is shown to a client and written to a log. */
const messageCharsMax = 2_000;

/** Codes and types that no waiting within minutes lifts: OpenAI's and Groq's for quotas and bills. */
const EXHAUSTED: ReadonlySet<string> = new Set([
  'insufficient_quota',
  'billing_hard_limit_reached',
  'billing_not_active',
  'blocked_api_access',
  'credit_balance_too_low',
]);

const NO_CAPACITY: ReadonlySet<string> = new Set(['flex_unavailable', 'capacity_exceeded', 'resource_unavailable']);

/** Things that lie with the provider and that a request may name: one that is not there is the request's fault. */
const CLIENTS_OWN = /^(?:conversation|file|item|previous response|prompt|response|vector store)\b.* not found/i;

/** What a status other than 200 means, on the chat and the responses wire. */
export function readChatFailure(status: number, headers: WireHeaders, body: Buffer): Failure {
  const error = parseError(body);
  const told = error === null ? { message: `it answered with status ${status}` } : wordsOf(error, status);
  const said = kindOf(status, told.code, told.type, error !== null);
  const kind = said === 'not-found' && CLIENTS_OWN.test(told.message) ? 'rejected' : said;
  return failure(kind, told, retryAfterOf(headers, told.message));
}

/** An error object inside a stream, which began as if all were well. */
export function streamFailure(raw: unknown): Failure {
  const error = isObject(raw) ? raw : { message: typeof raw === 'string' ? raw : undefined };
  const status = [error['status'], error['code']].find((value) => typeof value === 'number') ?? 500;
  const told = wordsOf(error, status);
  return failure(kindOf(status, told.code, told.type, true), told, retryAfterOf({}, told.message));
}

interface Told {
  readonly message: string;
  readonly code?: string;
  readonly type?: string;
  readonly param?: string;
}

function failure(
  kind: Failure['kind'],
  { message, code, type, param }: Told,
  retryAfterMs: number | undefined,
): Failure {
  const name = code ?? type;
  return {
    kind,
    message,
    ...(name === undefined ? {} : { code: name }),
    ...(param === undefined ? {} : { param }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function kindOf(status: number, code: string | undefined, type: string | undefined, told: boolean): Failure['kind'] {
  const named = (set: ReadonlySet<string>): boolean => set.has(code ?? '') || set.has(type ?? '');
  if (named(EXHAUSTED)) return 'exhausted';
  if (named(NO_CAPACITY)) return 'no-capacity';
  if (code === 'model_not_found') return 'not-found';
  // Errors inside a stream have a code and no status.
  if (code === 'rate_limit_exceeded' && status >= 500) return 'limited';
  switch (status) {
    case 401:
    case 403:
      return 'credentials';
    case 402:
      return 'exhausted';
    case 404:
      return 'not-found';
    case 429:
      return 'limited';
    case 498:
      return 'no-capacity';
    // "Overloaded" and "slow down" come as this; a proxy that finds nobody behind it says it in HTML, or not at all.
    case 503:
      return told ? 'no-capacity' : 'failed';
    // The provider's own: a timeout, a dependency of its own, a cancellation that nobody here asked for.
    case 408:
    case 409:
    case 424:
    case 499:
      return 'failed';
    default:
      return status >= 400 && status < 500 ? 'rejected' : 'failed';
  }
}

/** `{"error": {...}}`, an error without that frame, or FastAPI's `detail`, which engines answer with before they look at the request. */
function parseError(body: Buffer): JsonObject | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(parsed)) return null;
  const { error, detail } = parsed;
  if (isObject(error)) return error;
  if (typeof error === 'string') return { message: error };
  if (typeof parsed['message'] === 'string') return parsed;
  return detail === undefined ? null : { message: typeof detail === 'string' ? detail : JSON.stringify(detail) };
}

function wordsOf(error: JsonObject, status: number): Told {
  const { message, code, type, param } = error;
  const text = typeof message === 'string' && message !== '' ? message : `it answered with status ${status}`;
  return {
    message: text.length > messageCharsMax ? `${text.slice(0, messageCharsMax)}...` : text,
    ...(typeof code === 'string' && code !== '' ? { code } : {}),
    ...(typeof type === 'string' && type !== '' ? { type } : {}),
    ...(typeof param === 'string' && param !== '' ? { param } : {}),
  };
}

/** The finest first. A date in `retry-after` would need a clock, and neither provider sends one. */
function retryAfterOf(headers: WireHeaders, message: string): number | undefined {
  const ms = Number.parseFloat(headers['retry-after-ms'] ?? '');
  if (ms >= 0) return ms;
  const said = /try again in ([0-9hmsµu.]+)/.exec(message)?.[1]?.replace(/\.$/, '');
  const saidMs = said === undefined ? undefined : goDurationMs(said);
  if (saidMs !== undefined) return saidMs;
  const header = headers['retry-after'] ?? '';
  return /^\d+(\.\d+)?$/.test(header) ? Number(header) * 1_000 : undefined;
}
