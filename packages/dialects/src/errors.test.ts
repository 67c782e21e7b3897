import { describe, expect, test } from 'vitest';
import type { DialectName } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import type { Problem } from './problem.ts';
import { SseReader } from './sse/reader.ts';
import { DENIAL, PROBLEMS } from './words/testing/problems.ts';

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: Record<string, unknown>;
}

function tell(dialect: DialectName, problem: Problem): Told {
  const { status, headers, body } = DIALECTS[dialect].problem(problem);
  return { status, headers, error: (JSON.parse(body) as { error: Record<string, unknown> }).error };
}

describe.each(['openai', 'groq'] as const)('every problem in the form of %s', (dialect) => {
  test.each(Object.values(PROBLEMS))('$kind', (problem) => {
    const { status, headers, error } = tell(dialect, problem);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(error['message']).toMatch(/^.{20,}$/);
    expect(error['message']).not.toMatch(/undefined|NaN|Infinity|\[object/);
    expect(typeof error['type']).toBe('string');
    expect(typeof error['code']).toBe('string');
    for (const name of Object.keys(headers)) expect(name).toBe(name.toLowerCase());
    for (const value of Object.values(headers)) expect(value).toMatch(/^[\x20-\x7e]+$/);
  });

  test.each(Object.values(PROBLEMS))('$kind, told inside a stream', (problem) => {
    const text = DIALECTS[dialect].streamProblem(problem).toString();
    const events = new SseReader().push(Buffer.from(text));
    expect(events).toEqual([DIALECTS[dialect].problem(problem).body]);
    expect(text).toMatch(/^data: [^\n]*\n\n$/);
  });

  test.each<[Problem['kind'], number, string]>([
    ['malformed-json', 400, 'invalid_json'],
    ['unknown-tier', 400, 'invalid_value'],
    ['tier-not-allowed', 403, 'service_tier_not_allowed'],
    ['unsupported-media-type', 415, 'unsupported_content_type'],
    ['unknown-path', 404, 'unknown_url'],
    ['method-not-allowed', 405, 'method_not_allowed'],
    ['unknown-model', 404, 'model_not_found'],
    ['unauthenticated', 401, 'invalid_api_key'],
    ['body-too-large', 413, 'request_too_large'],
    ['headers-timeout', 408, 'request_timeout'],
    ['body-timeout', 408, 'request_timeout'],
    ['limited', 429, 'rate_limit_exceeded'],
    ['contended', 429, 'capacity_contended'],
    ['batch-infeasible', 429, 'batch_infeasible'],
    ['batch-expired', 429, 'batch_expired'],
    ['too-large-for-model', 400, 'context_length_exceeded'],
    ['rejected-by-engine', 422, 'invalid_value'],
    ['upstream-failed', 502, 'upstream_failed'],
    ['upstream-timeout', 504, 'upstream_timeout'],
    ['draining', 503, 'server_draining'],
    ['internal', 500, 'internal_error'],
  ])('%s is %i %s', (kind, status, code) => {
    expect(tell(dialect, PROBLEMS[kind])).toMatchObject({ status, error: { code } });
  });

  test('a limit names everything that a client needs to act', () => {
    const { error, headers } = tell(dialect, PROBLEMS.limited);
    expect(error['type']).toBe('tokens');
    const word = dialect === 'openai' ? 'default' : 'on_demand';
    for (const part of [
      'sim-8b',
      'evals',
      word,
      'TPM',
      'Limit 6000',
      'Used 5800',
      'Requested 750',
      'try again in 5.289s',
    ]) {
      expect(error['message']).toContain(part);
    }
    expect(headers).toEqual({ 'retry-after': '6', 'retry-after-ms': '5289' });
  });

  test.each([
    ['requestsPerMinute', 'requests', 'RPM'],
    ['requestsPerDay', 'requests', 'RPD'],
    ['tokensPerMinute', 'tokens', 'TPM'],
    ['tokensPerDay', 'tokens', 'TPD'],
  ] as const)('%s is told as %s', (kind, type, short) => {
    const { error } = tell(dialect, { ...PROBLEMS.limited, denial: { ...DENIAL, kind } });
    expect(error['type']).toBe(type);
    expect(error['message']).toContain(short);
  });

  test('flex refused leaves the next step to the caller, with the true hint', () => {
    expect(tell(dialect, PROBLEMS['flex-unavailable']).headers).toEqual({
      'retry-after': '180',
      'retry-after-ms': '180000',
      'x-should-retry': 'false',
    });
  });

  test('an SDK may retry contention by itself while the wait is short', () => {
    expect(tell(dialect, PROBLEMS.contended).headers['x-should-retry']).toBeUndefined();
    expect(tell(dialect, { ...PROBLEMS.contended, retryAfterMs: 90_000 }).headers['x-should-retry']).toBe('false');
  });

  test('what a client sent is quoted in bounds', () => {
    const long = 'w'.repeat(5_000);
    const quoting: Problem[] = [
      { kind: 'unknown-tier', word: long, allowed: ['flex'] },
      { kind: 'unknown-model', model: long, known: [] },
      { kind: 'unknown-path', method: 'GET', path: `/${long}` },
      { kind: 'invalid-header', header: 'offpeak-max-wait', value: long, allowed: 'a duration' },
      { kind: 'unsupported-media-type', received: long },
    ];
    for (const problem of quoting) expect(DIALECTS[dialect].problem(problem).body.length).toBeLessThan(600);
  });

  test('a long list of models is cut', () => {
    const known = Array.from({ length: 500 }, (_, i) => `model-${i}`);
    const { error } = tell(dialect, { kind: 'unknown-model', model: 'x', known });
    expect(error['message']).toContain('480 more');
  });
});

describe('openai', () => {
  test('flex without capacity', () => {
    const { status, error } = tell('openai', PROBLEMS['flex-unavailable']);
    expect(status).toBe(429);
    expect(error).toEqual({
      message: expect.stringContaining("service_tier 'default'") as string,
      type: 'resource_unavailable',
      param: null,
      code: 'flex_unavailable',
    });
  });

  test('always has all four members', () => {
    for (const problem of Object.values(PROBLEMS)) {
      expect(Object.keys(tell('openai', problem).error)).toEqual(['message', 'type', 'param', 'code']);
    }
  });

  test('a request over the limit by itself is a 429 that must not be retried', () => {
    const never: Problem = {
      ...PROBLEMS.limited,
      denial: { ...DENIAL, never: true, retryAfterMs: Number.POSITIVE_INFINITY },
    };
    const { status, headers, error } = tell('openai', never);
    expect(status).toBe(429);
    expect(headers).toEqual({ 'x-should-retry': 'false' });
    expect(error['message']).toContain('Request too large');
  });
});

describe('groq', () => {
  test('flex without capacity', () => {
    const { status, error } = tell('groq', PROBLEMS['flex-unavailable']);
    expect(status).toBe(498);
    expect(error).toEqual({
      message: expect.stringContaining("service_tier 'on_demand'") as string,
      type: 'internal_server_error',
      code: 'capacity_exceeded',
    });
  });

  test('a request over the limit by itself is too large', () => {
    const never: Problem = {
      ...PROBLEMS.limited,
      denial: { ...DENIAL, never: true, retryAfterMs: Number.POSITIVE_INFINITY },
    };
    expect(tell('groq', never)).toMatchObject({ status: 413, error: { type: 'tokens', code: 'rate_limit_exceeded' } });
  });
});
