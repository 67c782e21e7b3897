import type { Refusal } from '../fault.ts';

interface Told {
  readonly message: string;
  readonly type: string;
  readonly code?: string;
  readonly param?: string;
  readonly failed_generation?: string;
}

export function refusal(status: number, error: Told, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { status, headers, body: { error } };
}

function limited(
  unit: 'TPM' | 'RPM' | 'TPD' | 'RPD',
  numbers: string,
  wait: string,
  headers: Record<string, string>,
): Refusal {
  const kind = unit.startsWith('T') ? 'tokens' : 'requests';
  const period = unit.endsWith('M') ? 'minute' : 'day';
  return refusal(
    429,
    {
      message: `Rate limit reached for model \`llama-3.3-70b-versatile\` in organization \`org_fake\` service tier \`on_demand\` on ${kind} per ${period} (${unit}): ${numbers}. Please try again in ${wait}. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing`,
      type: kind,
      code: 'rate_limit_exceeded',
    },
    headers,
  );
}

/** What Groq says no with, beside what is wrong with a request. */
export const GROQ_REFUSALS = {
  flexCapacity: refusal(498, {
    message: 'flex tier capacity exceeded, try again later',
    type: 'internal_server_error',
    code: 'capacity_exceeded',
  }),
  tokenLimit: limited('TPM', 'Limit 6000, Used 5800, Requested 750', '5.289s', {
    'retry-after': '6',
    'x-ratelimit-remaining-tokens': '200',
    'x-ratelimit-reset-tokens': '5.289s',
  }),
  requestLimit: limited('RPM', 'Limit 30, Used 30, Requested 1', '2s', { 'retry-after': '2' }),
  dailyLimit: limited('RPD', 'Limit 14400, Used 14400, Requested 1', '7m12s', {
    'retry-after': '432',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '7m12s',
  }),
  tooLarge: refusal(413, {
    message:
      'Request too large for model `llama-3.3-70b-versatile` in organization `org_fake` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 7500, please reduce your message size and try again. Need more tokens? Upgrade to Dev Tier today at https://console.groq.com/settings/billing',
    type: 'tokens',
    code: 'rate_limit_exceeded',
  }),
  spendCap: refusal(400, {
    message: 'Your organization has reached its spend limit. Please contact your administrator.',
    type: 'invalid_request_error',
    code: 'blocked_api_access',
  }),
  invalidKey: refusal(401, { message: 'Invalid API Key', type: 'invalid_request_error', code: 'invalid_api_key' }),
  forbidden: refusal(403, {
    message:
      'The model `openai/gpt-oss-120b` is blocked at the organization level. Please have the org admin enable it in the org settings at https://console.groq.com/settings/limits',
    type: 'permissions_error',
    code: 'model_permission_blocked_org',
  }),
  modelNotFound: refusal(404, {
    message: 'The model `groq-x` does not exist or you do not have access to it.',
    type: 'invalid_request_error',
    code: 'model_not_found',
  }),
  toolUseFailed: refusal(400, {
    message: "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
    type: 'invalid_request_error',
    code: 'tool_use_failed',
    failed_generation: '<function=get_weather{"city":"Rome"}</function>',
  }),
  jsonFailed: refusal(400, {
    message: "Failed to generate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
    type: 'invalid_request_error',
    code: 'json_validate_failed',
    failed_generation: '{"a":',
  }),
  unprocessable: refusal(422, { message: 'The request could not be processed.', type: 'invalid_request_error' }),
  dependency: refusal(424, {
    message: 'A remote tool server failed.',
    type: 'internal_server_error',
    code: 'failed_dependency',
  }),
  cancelled: refusal(499, { message: 'The request was cancelled by the caller.', type: 'request_cancelled' }),
  internal: refusal(500, { message: 'Internal Server Error', type: 'internal_server_error' }),
  badGateway: refusal(502, { message: 'Bad Gateway', type: 'internal_server_error' }),
  overCapacity: refusal(503, {
    message:
      'openai/gpt-oss-120b is currently over capacity. Please try again and back off exponentially. Visit https://groqstatus.com to see if there is an active incident.',
    type: 'internal_server_error',
  }),
} as const satisfies Record<string, Refusal>;
