import { describe, expect, test } from 'vitest';
import type { Failure } from '../../canonical/answer.ts';
import { FEATURES } from '../../canonical/feature.ts';
import type { WireHeaders } from '../../codec.ts';
import { CODECS } from '../../codecs.ts';

function failureOf(status: number, body: unknown, headers: WireHeaders = {}): Failure {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return CODECS.openai.readFailure(status, headers, Buffer.from(text));
}

function error(code: string | null, type: string = 'invalid_request_error', message: string = 'No.'): object {
  return { error: { message, type, param: null, code } };
}

describe('failures', () => {
  test.each<[number, unknown, Failure['kind'], string | undefined]>([
    [429, error('flex_unavailable', 'resource_unavailable'), 'no-capacity', 'flex_unavailable'],
    [429, error(null, 'resource_unavailable'), 'no-capacity', 'resource_unavailable'],
    [498, error('capacity_exceeded', 'internal_server_error'), 'no-capacity', 'capacity_exceeded'],
    [498, '', 'no-capacity', undefined],
    [429, error('rate_limit_exceeded', 'tokens'), 'limited', 'rate_limit_exceeded'],
    [429, error('insufficient_quota', 'insufficient_quota'), 'exhausted', 'insufficient_quota'],
    [400, error('blocked_api_access'), 'exhausted', 'blocked_api_access'],
    [402, error(null, 'payment'), 'exhausted', 'payment'],
    [401, error('invalid_api_key'), 'credentials', 'invalid_api_key'],
    [403, error('unsupported_country'), 'credentials', 'unsupported_country'],
    [404, error('model_not_found'), 'not-found', 'model_not_found'],
    [400, error('model_not_found'), 'not-found', 'model_not_found'],
    [400, error('context_length_exceeded'), 'rejected', 'context_length_exceeded'],
    [413, error('rate_limit_exceeded', 'tokens'), 'rejected', 'rate_limit_exceeded'],
    [422, error(null), 'rejected', 'invalid_request_error'],
    [503, error(null, 'server_error'), 'no-capacity', 'server_error'],
    [503, '<html>Service Unavailable</html>', 'failed', undefined],
    [424, error(null), 'failed', 'invalid_request_error'],
    [500, error(null, 'server_error'), 'failed', 'server_error'],
    [502, '', 'failed', undefined],
  ])('%i %j is %s', (status, body, kind, code) => {
    expect(failureOf(status, body)).toEqual({
      kind,
      message: expect.any(String) as string,
      ...(code === undefined ? {} : { code }),
    });
  });

  test.each<[unknown, string]>([
    [{ object: 'error', message: 'too long', type: 'BadRequestError', code: 400 }, 'too long'],
    [{ detail: 'Not Found' }, 'Not Found'],
    [{ detail: [{ loc: ['body'] }] }, '[{"loc":["body"]}]'],
    [{ error: 'model is loading' }, 'model is loading'],
    [[], 'it answered with status 400'],
    ['<html>', 'it answered with status 400'],
    [error(null, 'x', 'y'.repeat(5_000)), `${'y'.repeat(2_000)}...`],
  ])('%j says %j', (body, message) => {
    expect(failureOf(400, body).message).toBe(message);
  });

  test('what a request names and the provider does not have is the fault of the request', () => {
    const kindOf = (message: string): string => failureOf(404, error(null, 'invalid_request_error', message)).kind;
    expect(kindOf("Conversation with id 'conv_1' not found.")).toBe('rejected');
    expect(kindOf("Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.")).toBe(
      'rejected',
    );
    expect(kindOf("Prompt with id 'pmpt_1' not found.")).toBe('rejected');
    expect(kindOf('Invalid URL (POST /v1/nothing)')).toBe('not-found');
    expect(kindOf('The model `file not found` does not exist.')).toBe('not-found');
  });

  test('the member at fault is named', () => {
    expect(failureOf(400, { error: { message: 'No.', param: 'messages[0].role' } }).param).toBe('messages[0].role');
  });

  test.each<[WireHeaders, string, number | undefined]>([
    [{ 'retry-after': '300' }, 'No.', 300_000],
    [{ 'retry-after-ms': '120', 'retry-after': '1' }, 'No.', 120],
    [{ 'retry-after': '6' }, 'Limit 6000. Please try again in 5.289s. Visit us.', 5_289],
    [{}, 'Please try again in 2m59.56s.', 179_560],
    [{}, 'Please try again in 547ms', 547],
    [{ 'retry-after': 'Sat, 21 Nov 2026 14:00:46 GMT' }, 'No.', undefined],
    [{}, 'Try again in a while.', undefined],
  ])('%j and %j make %s ms', (headers, message, ms) => {
    expect(failureOf(429, error('rate_limit_exceeded', 'tokens', message), headers).retryAfterMs).toBe(ms);
  });
});

describe('limits', () => {
  test("an account's headers", () => {
    const headers = {
      'x-ratelimit-limit-requests': '14400',
      'x-ratelimit-remaining-requests': '14370',
      'x-ratelimit-reset-requests': '2m59.56s',
      'x-ratelimit-limit-tokens': '18000',
      'x-ratelimit-remaining-tokens': '17997',
      'x-ratelimit-reset-tokens': '547ms',
    };
    expect(CODECS.groq.readLimits(headers, 0)).toEqual({
      requests: { limit: 14_400, remaining: 14_370, resetsInMs: 179_560 },
      tokens: { limit: 18_000, remaining: 17_997, resetsInMs: 547 },
    });
  });

  test('what is missing or no number tells nothing', () => {
    expect(CODECS.openai.readLimits({}, 0)).toBeNull();
    expect(
      CODECS.openai.readLimits(
        {
          'x-ratelimit-remaining-tokens': '5',
          'x-ratelimit-reset-tokens': '6m0s',
          'x-ratelimit-remaining-requests': '-1',
          'x-ratelimit-reset-requests': 'soon',
        },
        0,
      ),
    ).toEqual({ tokens: { remaining: 5, resetsInMs: 360_000 } });
  });
});

describe('tiers', () => {
  test('are asked for and understood in the provider’s own words', () => {
    expect(['priority', 'standard', 'flex', 'batch'].map((tier) => CODECS.openai.askWord(tier as 'flex'))).toEqual([
      'priority',
      'default',
      'flex',
      null,
    ]);
    expect(CODECS.groq.askWord('standard')).toBe('on_demand');
    expect(CODECS.openai.servedTier('fast')).toBe('priority');
    expect(CODECS.groq.servedTier('performance')).toBe('priority');
    for (const word of [undefined, 'auto', 'ultra']) expect(CODECS.openai.servedTier(word)).toBeUndefined();
  });
});

test('every feature has a name on every wire of this kind', () => {
  for (const feature of FEATURES) {
    expect(CODECS.openai.paramOf(feature)).toMatch(/^[a-z_.[\]]+$/);
    expect(CODECS.groq.paramOf(feature)).toMatch(/^[a-z_.[\]]+$/);
  }
  expect(CODECS.groq.paramOf('reasoning-visible')).toBe('reasoning_format');
});
