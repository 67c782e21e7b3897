import type { Failure } from '../canonical/answer.ts';
import type { WireHeaders } from '../codec.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';
import type { FrameKind } from './event-stream/head.ts';

/** What an upstream says is shown to a client and written to a log. */
const messageCharsMax = 2_000;

const KINDS: ReadonlyMap<string, Failure['kind']> = new Map<string, Failure['kind']>([
  ['ThrottlingException', 'limited'],
  ['TooManyRequestsException', 'limited'],
  ['ServiceUnavailableException', 'no-capacity'],
  ['ModelNotReadyException', 'no-capacity'],
  ['ServiceQuotaExceededException', 'exhausted'],
  ['AccessDeniedException', 'credentials'],
  ['UnrecognizedClientException', 'credentials'],
  ['InvalidSignatureException', 'credentials'],
  ['IncompleteSignatureException', 'credentials'],
  ['MissingAuthenticationTokenException', 'credentials'],
  ['ExpiredTokenException', 'credentials'],
  ['ResourceNotFoundException', 'not-found'],
  ['ValidationException', 'rejected'],
  ['ConflictException', 'failed'],
  ['ModelTimeoutException', 'failed'],
  ['ModelErrorException', 'failed'],
  ['ModelStreamErrorException', 'failed'],
  ['InternalServerException', 'failed'],
]);

/** For answers of proxies, which know nothing of exceptions. */
const BY_STATUS: ReadonlyMap<number, Failure['kind']> = new Map<number, Failure['kind']>([
  [401, 'credentials'],
  [403, 'credentials'],
  [404, 'not-found'],
  [408, 'failed'],
  [424, 'failed'],
  [429, 'limited'],
]);

export function readBedrockFailure(status: number, headers: WireHeaders, body: Buffer): Failure {
  const told = parsed(body);
  const name = nameOf(headers['x-amzn-errortype']) ?? nameOf(told['__type']) ?? nameOf(told['code']);
  const kind = KINDS.get(name ?? '') ?? BY_STATUS.get(status) ?? (status < 500 ? 'rejected' : 'failed');
  return failureOf(kind, name, messageOf(told) ?? `it answered with status ${status}`, retryAfterOf(headers));
}

/** An exception or error inside a stream. Names begin with a small letter there. */
export function readStreamFailure({ name, detail }: FrameKind, payload: Buffer): Failure {
  const known = name.charAt(0).toUpperCase() + name.slice(1);
  const message = messageOf(parsed(payload)) ?? detail ?? 'its stream broke off without a reason';
  return failureOf(KINDS.get(known) ?? 'failed', known, message, undefined);
}

function failureOf(
  kind: Failure['kind'],
  code: string | undefined,
  message: string,
  retryAfterMs: number | undefined,
): Failure {
  return {
    kind: refined(kind, message),
    message: message.length > messageCharsMax ? `${message.slice(0, messageCharsMax)}...` : message,
    ...(code === undefined ? {} : { code }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Two things that Bedrock only tells in its sentence. */
function refined(kind: Failure['kind'], message: string): Failure['kind'] {
  if (kind === 'limited' && /\bper day\b/i.test(message)) return 'exhausted';
  if (kind === 'rejected' && /model identifier is invalid/i.test(message)) return 'not-found';
  return kind;
}

/** `ValidationException:http://...` in the header, `com.amazon.coral.service#ValidationException` in the body. */
function nameOf(raw: unknown): string | undefined {
  if (typeof raw !== 'string') return undefined;
  const [name = ''] = raw.slice(raw.lastIndexOf('#') + 1).split(':');
  return /^\w{1,128}$/.test(name) ? name : undefined;
}

function parsed(body: Buffer): JsonObject {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function messageOf(told: JsonObject): string | undefined {
  const message = told['message'] ?? told['Message'];
  return typeof message === 'string' && message !== '' ? message : undefined;
}

/** A date would need a clock, and Bedrock sends none. */
function retryAfterOf(headers: WireHeaders): number | undefined {
  const ms = headers['x-amz-retry-after'] ?? '';
  if (/^\d+(\.\d+)?$/.test(ms)) return Number(ms);
  const seconds = headers['retry-after'] ?? '';
  return /^\d+(\.\d+)?$/.test(seconds) ? Number(seconds) * 1_000 : undefined;
}
