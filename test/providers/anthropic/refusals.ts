import type { Refusal } from '../fault.ts';

const ID = 'req_01refused';

/** The id of the request is in the body and in a header. */
export function refusal(
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
  details?: { readonly error_code: string },
): Refusal {
  const error = details === undefined ? { type, message } : { type, message, details };
  return { status, headers: { 'request-id': ID, ...headers }, body: { type: 'error', error, request_id: ID } };
}

/** What Anthropic says no with, beside what is wrong with a request. */
export const ANTHROPIC_REFUSALS = {
  overloaded: refusal(529, 'overloaded_error', 'Overloaded'),
  rateLimit: refusal(
    429,
    'rate_limit_error',
    'This request would exceed your organization’s rate limit of 30,000 input tokens per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.',
    { 'retry-after': '12', 'anthropic-ratelimit-input-tokens-remaining': '0' },
  ),
  /** No waiting lifts it, so there is no `retry-after`. */
  spendLimit: refusal(
    429,
    'rate_limit_error',
    "This request would exceed your account's monthly spend limit. Please try again later.",
    {},
    { error_code: 'enforced_spend_limit_reached' },
  ),
  invalidKey: refusal(401, 'authentication_error', 'invalid x-api-key'),
  billing: refusal(
    402,
    'billing_error',
    'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.',
  ),
  permission: refusal(403, 'permission_error', 'Your API key does not have permission to use the specified resource.'),
  modelNotFound: refusal(404, 'not_found_error', 'model: claude-x'),
  tooLarge: refusal(413, 'request_too_large', 'Request exceeds the maximum allowed number of bytes.'),
  promptTooLong: refusal(400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum'),
  apiError: refusal(500, 'api_error', 'Internal server error'),
  timeout: refusal(504, 'timeout_error', 'Request timed out'),
} as const satisfies Record<string, Refusal>;
