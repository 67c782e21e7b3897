import { describe, expect, test } from 'vitest';
import type { Failure } from '../canonical/answer.ts';
import { PROBLEMS } from '../words/testing/problems.ts';
import { GEMINI } from './dialect.ts';
import { readGeminiFailure } from './failure.ts';

const RPC = 'type.googleapis.com/google.rpc';

function read(status: number, error: object): Failure {
  return readGeminiFailure(
    status,
    {},
    Buffer.from(JSON.stringify({ error: { code: status, message: 'No.', ...error } })),
  );
}

function quota(...violations: object[]): object {
  return {
    status: 'RESOURCE_EXHAUSTED',
    details: [
      { '@type': `${RPC}.QuotaFailure`, violations },
      { '@type': `${RPC}.RetryInfo`, retryDelay: '34.5s' },
    ],
  };
}

describe('a failure of Gemini', () => {
  test.each<[string, number, object, Failure['kind']]>([
    ['a mistake', 400, { status: 'INVALID_ARGUMENT' }, 'rejected'],
    ['a payload', 413, {}, 'rejected'],
    ['no key', 403, { message: "Method doesn't allow unregistered callers." }, 'credentials'],
    ['a leaked key', 403, { message: 'Your API key was reported as leaked.' }, 'credentials'],
    ['a token', 401, { status: 'UNAUTHENTICATED' }, 'credentials'],
    [
      "another's file",
      403,
      { message: 'You do not have permission to access the File abc or it may not exist.' },
      'rejected',
    ],
    ['a lost cache', 404, { message: 'CachedContent not found' }, 'rejected'],
    ['a model', 404, { message: 'models/x is not found for API version v1beta' }, 'not-found'],
    ['overload', 503, { status: 'UNAVAILABLE', message: 'The model is overloaded.' }, 'no-capacity'],
    [
      'shared capacity',
      429,
      { status: 'RESOURCE_EXHAUSTED', message: 'Resource exhausted. Please try again later.' },
      'no-capacity',
    ],
    ['nothing in particular', 429, { message: 'Resource has been exhausted (e.g. check quota).' }, 'no-capacity'],
    ['an old quota', 429, { message: "Quota exceeded for quota metric 'Generate Content API requests'" }, 'limited'],
    ['a place', 400, { message: 'User location is not supported for the API use.' }, 'failed'],
    ['no billing', 400, { message: 'Please enable billing on your project.' }, 'exhausted'],
    ['a minute', 429, quota({ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }), 'limited'],
    ['a day', 429, quota({ quotaId: 'A' }, { quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }), 'exhausted'],
    ['nothing allowed', 429, quota({ quotaId: 'GenerateRequestsPerMinute', quotaValue: '0' }), 'exhausted'],
    ['credit', 429, { message: 'Your prepayment credits are depleted.' }, 'exhausted'],
    ['a deadline', 504, { status: 'DEADLINE_EXCEEDED' }, 'failed'],
    ['a fault', 500, { status: 'INTERNAL' }, 'failed'],
  ])('about %s (%i)', (_, status, error, kind) => {
    expect(read(status, error).kind).toBe(kind);
  });

  test('about a key is one, though its status is 400', () => {
    const details = [{ '@type': `${RPC}.ErrorInfo`, reason: 'API_KEY_INVALID', domain: 'googleapis.com' }];
    expect(read(400, { status: 'INVALID_ARGUMENT', details })).toMatchObject({
      kind: 'credentials',
      code: 'INVALID_ARGUMENT',
    });
  });

  test('names the field, the code and the wait', () => {
    const details = [{ '@type': `${RPC}.BadRequest`, fieldViolations: [{ field: 'contents[0].parts' }] }];
    expect(read(400, { status: 'INVALID_ARGUMENT', details })).toEqual({
      kind: 'rejected',
      message: 'No.',
      code: 'INVALID_ARGUMENT',
      param: 'contents[0].parts',
    });
    expect(read(429, quota({ quotaId: 'PerMinute' })).retryAfterMs).toBe(34_500);
    const object = { '@type': `${RPC}.RetryInfo`, retryDelay: { seconds: 2, nanos: 500_000_000 } };
    expect(read(503, { status: 'UNAVAILABLE', details: [object] }).retryAfterMs).toBe(2_500);
  });

  test('may be a list, a page, or nothing', () => {
    const error = { code: 503, message: 'Full.', status: 'UNAVAILABLE' };
    expect(readGeminiFailure(503, {}, Buffer.from(JSON.stringify([{ error }])))).toMatchObject({ kind: 'no-capacity' });
    expect(readGeminiFailure(503, { 'retry-after': '7' }, Buffer.from('<html>'))).toEqual({
      kind: 'failed',
      message: 'it answered with status 503',
      retryAfterMs: 7_000,
    });
    expect(readGeminiFailure(429, {}, Buffer.alloc(0)).kind).toBe('limited');
  });

  test('of another gateway of this kind is understood', () => {
    const told = (problem: (typeof PROBLEMS)[keyof typeof PROBLEMS]): Failure => {
      const { status, headers, body } = GEMINI.problem(problem);
      return readGeminiFailure(status, headers, Buffer.from(body));
    };
    expect(told(PROBLEMS['flex-unavailable'])).toMatchObject({ kind: 'no-capacity', retryAfterMs: 180_000 });
    expect(told(PROBLEMS.limited)).toMatchObject({ kind: 'limited', retryAfterMs: 5_289 });
    expect(told(PROBLEMS.unauthenticated)).toMatchObject({ kind: 'credentials' });
    expect(told(PROBLEMS['unknown-model'])).toMatchObject({ kind: 'not-found', param: 'model' });
  });
});
