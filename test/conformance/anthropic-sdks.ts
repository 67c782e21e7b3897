import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-0';

/** Anthropic's SDK in both majors: they show their key in different headers and ask for different versions of the wire. */
export interface AnthropicSdk {
  readonly name: string;
  /** The version of the wire that it asks for. */
  readonly version: string;
  connect(baseURL: string, options?: ClientOptions): Anthropic;
  readonly errors: {
    readonly APIError: ErrorClass;
    readonly APIUserAbortError: ErrorClass;
    readonly APIConnectionTimeoutError: ErrorClass;
    readonly BadRequestError: ErrorClass;
    readonly AuthenticationError: ErrorClass;
    readonly PermissionDeniedError: ErrorClass;
    readonly NotFoundError: ErrorClass;
    readonly RateLimitError: ErrorClass;
    readonly InternalServerError: ErrorClass;
  };
  /** 529: a class of its own in 1.x, which also is an `InternalServerError`. */
  readonly overloaded: ErrorClass;
  /** 413: without a class of its own in 0.x. */
  readonly tooLarge: ErrorClass;
}

type ErrorClass = new (...parts: never[]) => Error;

export interface ClientOptions {
  readonly apiKey?: string | null;
  readonly authToken?: string;
  readonly fetch?: typeof fetch;
}

const ANY_KEY = 'op_not_looked_at_by_an_open_gateway';

export const ANTHROPIC_1: AnthropicSdk = {
  name: 'anthropic-1',
  version: '2026-10-21',
  connect: (baseURL, options = {}) => new Anthropic({ apiKey: ANY_KEY, ...options, baseURL }),
  errors: Anthropic,
  overloaded: Anthropic.OverloadedError,
  tooLarge: Anthropic.ContentTooLargeError,
};

export const ANTHROPIC_0: AnthropicSdk = {
  name: 'anthropic-0',
  version: '2023-06-01',
  // What the cases use has the same form in both.
  connect: (baseURL, options = {}) => new Anthropic0({ apiKey: ANY_KEY, ...options, baseURL }) as unknown as Anthropic,
  errors: Anthropic0,
  overloaded: Anthropic0.InternalServerError,
  tooLarge: Anthropic0.APIError,
};

export const ANTHROPIC_SDKS: readonly AnthropicSdk[] = [ANTHROPIC_1, ANTHROPIC_0];

/** What an SDK's own error says to its caller. */
export interface Told {
  readonly status: number | undefined;
  readonly type: string | null;
  readonly code: string | undefined;
  readonly param: string | undefined;
  readonly message: string;
  readonly requestId: string | null | undefined;
  readonly headers: Headers;
}

export function told(thrown: unknown): Told {
  const { status, type, error, requestID, headers } = thrown as InstanceType<typeof Anthropic.APIError>;
  const { message, details } = (
    error as { error: { message: string; details?: { error_code?: string; param?: string } } }
  ).error;
  return {
    status,
    type,
    code: details?.error_code,
    param: details?.param,
    message,
    requestId: requestID,
    headers: headers ?? new Headers(),
  };
}
