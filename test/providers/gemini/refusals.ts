import type { Refusal } from '../fault.ts';

export type StatusName =
  | 'INVALID_ARGUMENT'
  | 'FAILED_PRECONDITION'
  | 'UNAUTHENTICATED'
  | 'PERMISSION_DENIED'
  | 'NOT_FOUND'
  | 'RESOURCE_EXHAUSTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'DEADLINE_EXCEEDED';

const CODES: Readonly<Record<StatusName, number>> = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504,
};

export function refusal(status: StatusName, message: string, details?: readonly object[]): Refusal {
  const code = CODES[status];
  return {
    status: code,
    headers: { 'content-type': 'application/json; charset=UTF-8' },
    body: { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
  };
}

function quota(metric: string, id: string, value: string, wait: string): Refusal {
  return refusal(
    'RESOURCE_EXHAUSTED',
    `You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits.\n* Quota exceeded for metric: ${metric}, limit: ${value}\nPlease retry in ${wait}.`,
    [
      {
        '@type': 'type.googleapis.com/google.rpc.Help',
        links: [
          {
            description: 'Learn more about Gemini API quotas',
            url: 'https://ai.google.dev/gemini-api/docs/rate-limits',
          },
        ],
      },
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [
          {
            quotaMetric: metric,
            quotaId: id,
            quotaDimensions: { location: 'global', model: 'gemini-3.8-flash' },
            quotaValue: value,
          },
        ],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: wait },
    ],
  );
}

export const API_KEY_INVALID = refusal('INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', [
  {
    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
    reason: 'API_KEY_INVALID',
    domain: 'googleapis.com',
    metadata: { service: 'generativelanguage.googleapis.com' },
  },
  {
    '@type': 'type.googleapis.com/google.rpc.LocalizedMessage',
    locale: 'en-US',
    message: 'API key not valid. Please pass a valid API key.',
  },
]);

const REQUESTS = 'generativelanguage.googleapis.com/generate_content_requests';

/** What Gemini says no with, beside what is wrong with a request. */
export const GEMINI_REFUSALS = {
  overloaded: refusal('UNAVAILABLE', 'The model is overloaded. Please try again later.'),
  requestLimit: quota(REQUESTS, 'GenerateRequestsPerMinutePerProjectPerModel', '1000', '34s'),
  tokenLimit: quota(
    'generativelanguage.googleapis.com/generate_content_paid_tier_input_token_count',
    'GenerateContentPaidTierInputTokensPerModelPerMinute',
    '1000000',
    '41.5s',
  ),
  /** The wait that it tells is no wait that helps. */
  dailyQuota: quota(REQUESTS, 'GenerateRequestsPerDayPerProjectPerModel', '10000', '27s'),
  /** Without details, as it is where capacity and not the account is at its limit. */
  exhausted: refusal('RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).'),
  invalidKey: API_KEY_INVALID,
  unauthenticated: refusal(
    'UNAUTHENTICATED',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
  ),
  permissionDenied: refusal('PERMISSION_DENIED', 'The caller does not have permission'),
  wrongPlace: refusal('FAILED_PRECONDITION', 'User location is not supported for the API use.'),
  notFound: refusal(
    'NOT_FOUND',
    'models/gemini-x is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.',
  ),
  tooLong: refusal(
    'INVALID_ARGUMENT',
    'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
  ),
  internal: refusal(
    'INTERNAL',
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  ),
  deadline: refusal('DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.'),
} as const satisfies Record<string, Refusal>;
