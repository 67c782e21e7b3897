import { Garbled, type Failure } from '@offpeak/dialects';

/** How a run ended without an answer. */
export type RunEnd =
  /** The upstream has no room for it, and never began; `failure`: what a provider said of it. */
  | { readonly kind: 'bounced'; readonly detail: string; readonly failure?: Failure }
  /** The upstream or the connection broke; `timeoutMs` where it was silence that ended it. */
  | { readonly kind: 'lost'; readonly detail: string; readonly timeoutMs?: number }
  /** The request is at fault, says the upstream. */
  | {
      readonly kind: 'rejected';
      readonly status: 400 | 413 | 422;
      readonly message: string;
      readonly param: string | null;
      readonly code?: string;
    }
  /** The upstream answered, and asking again would not help: wrong credentials, an unknown path, garbage. */
  | { readonly kind: 'unusable'; readonly detail: string };

/** Of an upstream that writes on and on. */
export const ENDLESS: RunEnd = { kind: 'unusable', detail: 'its answer does not end' };

/** Of an upstream that answers in no form of its wire; what exactly is wrong, where that was found. */
export function garbledEnd(detail: string, error: unknown): RunEnd {
  return { kind: 'unusable', detail: error instanceof Garbled ? `${detail}: ${error.message}` : detail };
}

/** An upstream's page-long message helps nobody. */
const MESSAGE_CHARS_MAX = 2_000;

/** What an engine's status means. */
export function endOfStatus(status: number, _headers: unknown, body: Buffer): RunEnd {
  if (status === 429 || status === 503) return { kind: 'bounced', detail: `it answered ${status}` };
  if (status === 400 || status === 413 || status === 422) return { kind: 'rejected', status, ...rejectionOf(body) };
  if (status >= 500 || status === 408) return { kind: 'lost', detail: `it answered ${status}` };
  if (status === 401 || status === 403) {
    return { kind: 'unusable', detail: `it refused the credentials configured for it (${status})` };
  }
  return { kind: 'unusable', detail: `it answered ${status}` };
}

/** What a provider's failure means. */
export function endOfFailure(failure: Failure, status: number): RunEnd {
  const code = failure.code === undefined ? '' : `, ${failure.code}`;
  const detail = status === 200 ? `it failed inside its stream${code}` : `it answered ${status}${code}`;
  switch (failure.kind) {
    case 'limited':
    case 'no-capacity':
    case 'exhausted':
    case 'credentials':
      return { kind: 'bounced', detail, failure };
    case 'rejected':
      return {
        kind: 'rejected',
        status: status === 413 || status === 422 ? status : 400,
        message: failure.message.slice(0, MESSAGE_CHARS_MAX),
        param: failure.param ?? null,
        ...(failure.code === undefined ? {} : { code: failure.code }),
      };
    case 'not-found':
      return { kind: 'unusable', detail: `${detail}: ${failure.message.slice(0, MESSAGE_CHARS_MAX)}` };
    case 'failed':
      return { kind: 'lost', detail };
  }
}

/** Engines put the message inside `error`, beside `object: "error"`, or write plain text. */
function rejectionOf(body: Buffer): { message: string; param: string | null } {
  const text = body.toString('utf8');
  let message = text;
  let param: string | null = null;
  try {
    const parsed = JSON.parse(text) as Record<string, unknown>;
    const inner = typeof parsed['error'] === 'object' && parsed['error'] !== null ? parsed['error'] : parsed;
    const { message: said, param: named } = inner as Record<string, unknown>;
    if (typeof said === 'string') message = said;
    else if (typeof parsed['error'] === 'string') message = parsed['error'];
    if (typeof named === 'string') param = named;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return { message: message.slice(0, MESSAGE_CHARS_MAX), param };
}
