import type { Refusal } from '../fault.ts';

function refusal(
  status: number,
  error: { message: string; type: string; code: string | null; param?: string | null },
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const { message, type, code, param = null } = error;
  return { status, headers, body: { error: { message, type, param, code } } };
}

const SEE_LIMITS = 'Visit https://platform.openai.com/account/rate-limits to learn more.';

function limited(
  kind: 'tokens' | 'requests',
  unit: 'TPM' | 'RPM',
  wait: string,
  headers: Record<string, string>,
): Refusal {
  const numbers = unit === 'TPM' ? 'Limit 30000, Used 29000, Requested 2500' : 'Limit 500, Used 500, Requested 1';
  return refusal(
    429,
    {
      message: `Rate limit reached for gpt-5.6-luna in organization org-fake on ${kind} per min (${unit}): ${numbers}. Please try again in ${wait}. ${SEE_LIMITS}`,
      type: kind,
      code: 'rate_limit_exceeded',
    },
    headers,
  );
}

/** What OpenAI says no with, beside what is wrong with a request. */
export const OPENAI_REFUSALS = {
  flexUnavailable: refusal(
    429,
    {
      message: 'Flex capacity is not available for this request.',
      type: 'resource_unavailable',
      code: 'flex_unavailable',
    },
    { 'retry-after': '300' },
  ),
  tokenLimit: limited('tokens', 'TPM', '3s', {
    'retry-after': '3',
    'retry-after-ms': '3000',
    'x-ratelimit-remaining-tokens': '1000',
    'x-ratelimit-reset-tokens': '3s',
  }),
  requestLimit: limited('requests', 'RPM', '120ms', {
    'retry-after': '1',
    'retry-after-ms': '120',
    'x-ratelimit-remaining-requests': '0',
    'x-ratelimit-reset-requests': '120ms',
  }),
  insufficientQuota: refusal(429, {
    message:
      'You exceeded your current quota, please check your plan and billing details. For more information on this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  }),
  overloaded: refusal(
    503,
    {
      message: 'The engine is currently overloaded, please try again later.',
      type: 'server_error',
      code: 'service_unavailable',
    },
    { 'retry-after': '5' },
  ),
  slowDown: refusal(503, {
    message:
      'Slow down: please reduce your request rate to its original level, and keep it there for at least 15 minutes.',
    type: 'server_error',
    code: 'slow_down',
  }),
  serverError: refusal(500, {
    message:
      'The server had an error while processing your request. Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the error persists.',
    type: 'server_error',
    code: null,
  }),
  invalidKey: refusal(401, {
    message:
      'Incorrect API key provided: sk-wrong. You can find your API key at https://platform.openai.com/account/api-keys.',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  }),
  unsupportedRegion: refusal(403, {
    message: 'Country, region, or territory not supported',
    type: 'request_forbidden',
    code: 'unsupported_country_region_territory',
  }),
  modelNotFound: refusal(404, {
    message: 'The model `gpt-x` does not exist or you do not have access to it.',
    type: 'invalid_request_error',
    code: 'model_not_found',
  }),
  contextTooLong: refusal(400, {
    message:
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens. Please reduce the length of the messages.",
    type: 'invalid_request_error',
    param: 'messages',
    code: 'context_length_exceeded',
  }),
  contentPolicy: refusal(400, {
    message:
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
    type: 'invalid_request_error',
    code: 'invalid_prompt',
  }),
} as const satisfies Record<string, Refusal>;
