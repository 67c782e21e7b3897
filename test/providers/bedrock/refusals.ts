import type { Refusal } from '../fault.ts';

/** The name comes in a header, with an address behind it that nobody reads. */
export function refusal(status: number, name: string, message: string, rest: object = {}): Refusal {
  return {
    status,
    headers: { 'x-amzn-errortype': `${name}:http://internal.amazon.com/coral/com.amazon.bedrock/` },
    body: { message, ...rest },
  };
}

/** What an exception is called inside a stream: `throttlingException`. */
export function exceptionOf({ headers, body }: Refusal): { readonly type: string; readonly message: string } {
  const [name = ''] = (headers?.['x-amzn-errortype'] ?? 'InternalServerException').split(':');
  return { type: name.charAt(0).toLowerCase() + name.slice(1), message: (body as { message: string }).message };
}

/** What Bedrock says no with, beside what is wrong with a request. */
export const BEDROCK_REFUSALS = {
  throttled: refusal(429, 'ThrottlingException', 'Too many requests, please wait before trying again.'),
  tokensThrottled: refusal(429, 'ThrottlingException', 'Too many tokens, please wait before trying again.'),
  dailyTokens: refusal(429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.'),
  unavailable: refusal(503, 'ServiceUnavailableException', 'Bedrock is unable to process your request.'),
  notReady: refusal(
    429,
    'ModelNotReadyException',
    'The model is not ready for inference. Wait and try your request again.',
  ),
  validation: refusal(400, 'ValidationException', 'The provided request is not valid.'),
  inputTooLong: refusal(400, 'ValidationException', 'Input is too long for requested model.'),
  quota: refusal(400, 'ServiceQuotaExceededException', 'Your request exceeds the service quota for your account.'),
  accessDenied: refusal(
    403,
    'AccessDeniedException',
    "You don't have access to the model with the specified model ID.",
  ),
  expiredToken: refusal(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
  badSignature: refusal(
    403,
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  ),
  unknownKey: refusal(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.'),
  noAuth: refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token'),
  notFound: refusal(
    404,
    'ResourceNotFoundException',
    'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
  ),
  timeout: refusal(
    408,
    'ModelTimeoutException',
    'Model has timed out in processing the request. Try your request again.',
  ),
  modelError: refusal(
    424,
    'ModelErrorException',
    'The system encountered an unexpected error during processing. Try your request again.',
    {
      originalStatusCode: 500,
      resourceName: 'amazon.nova-pro-v1:0',
    },
  ),
  streamError: refusal(424, 'ModelStreamErrorException', 'The model stream broke. Try your request again.'),
  internal: refusal(
    500,
    'InternalServerException',
    'The system encountered an unexpected error during processing. Try your request again.',
  ),
  /** A status without a name or a body, as a load balancer gives it. */
  untyped: { status: 429, body: {} },
} as const satisfies Record<string, Refusal>;
