import type { Problem } from '../problem.ts';

/** A status with the exception that AWS's model of the service has for it. Callers compare the name, the SDK retries by the status. */
export interface Exception {
  readonly status: number;
  readonly name: string;
}

const VALIDATION: Exception = { status: 400, name: 'ValidationException' };
const NOT_FOUND: Exception = { status: 404, name: 'ResourceNotFoundException' };
/** Sent again by every SDK. */
const THROTTLED: Exception = { status: 429, name: 'ThrottlingException' };
/** Sent again as well, but at a higher price to the SDK's budget of retries than 429. */
const UNAVAILABLE: Exception = { status: 503, name: 'ServiceUnavailableException' };
const SERVER: Exception = { status: 500, name: 'InternalServerException' };
/** Not sent again: time was, or would be, over. */
const OUT_OF_TIME: Exception = { status: 408, name: 'ModelTimeoutException' };
/** Not sent again: somebody has to mend what is behind the model first. */
const MODEL: Exception = { status: 424, name: 'ModelErrorException' };
/** The name that AWS's SDKs take for a passing fault. */
const SLOW_SENDER: Exception = { status: 408, name: 'RequestTimeoutException' };

const EXCEPTIONS: Readonly<Record<Exclude<Problem['kind'], 'bad-signature'>, Exception>> = {
  'malformed-json': VALIDATION,
  'invalid-value': VALIDATION,
  'invalid-header': VALIDATION,
  'unknown-tier': VALIDATION,
  'tier-not-allowed': { status: 403, name: 'AccessDeniedException' },
  'tier-not-served': VALIDATION,
  'malformed-http': VALIDATION,
  'headers-too-large': VALIDATION,
  'headers-timeout': SLOW_SENDER,
  'unsupported-media-type': VALIDATION,
  'unknown-path': NOT_FOUND,
  'method-not-allowed': { status: 405, name: 'ValidationException' },
  'unknown-model': NOT_FOUND,
  unauthenticated: { status: 403, name: 'UnrecognizedClientException' },
  'body-too-large': VALIDATION,
  'body-timeout': SLOW_SENDER,
  limited: THROTTLED,
  'flex-unavailable': UNAVAILABLE,
  contended: THROTTLED,
  'no-capacity': UNAVAILABLE,
  'queue-full': UNAVAILABLE,
  'deadline-unreachable': OUT_OF_TIME,
  'batch-infeasible': OUT_OF_TIME,
  'batch-expired': OUT_OF_TIME,
  'too-large-for-model': VALIDATION,
  'rejected-by-engine': VALIDATION,
  unsupported: VALIDATION,
  untranslatable: VALIDATION,
  'unknown-response': NOT_FOUND,
  'upstream-credentials': MODEL,
  'upstream-exhausted': MODEL,
  'upstream-failed': SERVER,
  'upstream-timeout': OUT_OF_TIME,
  draining: UNAVAILABLE,
  internal: SERVER,
};

export function exceptionOf(problem: Problem): Exception {
  switch (problem.kind) {
    case 'bad-signature':
      return {
        status: 403,
        name: problem.reason === 'incomplete' ? 'IncompleteSignatureException' : 'InvalidSignatureException',
      };
    case 'unauthenticated':
      return problem.missing === true
        ? { status: 403, name: 'MissingAuthenticationTokenException' }
        : EXCEPTIONS[problem.kind];
    // Alone it is over the limit, so waiting cannot help, and a 429 would be sent again twice.
    case 'limited':
      return problem.denial.never ? { status: 400, name: 'ServiceQuotaExceededException' } : THROTTLED;
    default:
      return EXCEPTIONS[problem.kind];
  }
}

/** What a stream may tell as an exception of its own. The SDK throws anything else as an error without a type. */
const IN_STREAM: Readonly<Record<string, string>> = {
  ThrottlingException: 'throttlingException',
  ServiceUnavailableException: 'serviceUnavailableException',
  InternalServerException: 'internalServerException',
  ModelTimeoutException: 'modelStreamErrorException',
  ModelErrorException: 'modelStreamErrorException',
};

/** Whatever else is wrong is the request's fault. */
export function streamExceptionOf(problem: Problem): string {
  if (problem.kind === 'upstream-failed') return 'modelStreamErrorException';
  return IN_STREAM[exceptionOf(problem).name] ?? 'validationException';
}
