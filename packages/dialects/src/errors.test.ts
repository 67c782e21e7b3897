import type { LimitDenial } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import type { DialectName } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import type { Problem } from './problem.ts';
import { SseReader } from './sse/reader.ts';

const DENIAL: LimitDenial = {
  kind: 'tokensPerMinute',
  tier: 'standard',
  limit: 6_000,
  used: 5_800,
  requested: 750,
  retryAfterMs: 5_289,
  never: false,
};

/** One of each kind; a kind that is missing does not compile. */
const PROBLEMS: { readonly [kind in Problem['kind']]: Extract<Problem, { kind: kind }> } = {
  'malformed-json': { kind: 'malformed-json', detail: "expected ':' (line 1, column 4)", offset: 3 },
  'invalid-value': {
    kind: 'invalid-value',
    param: 'stream',
    detail: '"yes" is not allowed here; it must be true or false',
  },
  'invalid-header': {
    kind: 'invalid-header',
    header: 'offpeak-max-wait',
    value: 'soon',
    allowed: 'a duration such as 30s',
  },
  'unknown-tier': { kind: 'unknown-tier', word: 'turbo', allowed: ['auto', 'flex'] },
  'tier-not-allowed': { kind: 'tier-not-allowed', tier: 'priority', maxTier: 'standard' },
  'tier-not-served': { kind: 'tier-not-served', tier: 'batch', what: "single requests; ask for 'flex' instead" },
  'malformed-http': { kind: 'malformed-http' },
  'headers-too-large': { kind: 'headers-too-large', limitBytes: 16_384 },
  'unsupported-media-type': { kind: 'unsupported-media-type', received: 'text/plain' },
  'unknown-path': { kind: 'unknown-path', method: 'POST', path: '/v1/chats' },
  'method-not-allowed': { kind: 'method-not-allowed', method: 'PUT', path: '/v1/models', allowed: 'GET' },
  'unknown-model': { kind: 'unknown-model', model: 'gpt-x', known: ['sim-8b', 'llama'] },
  unauthenticated: { kind: 'unauthenticated', detail: 'No API key was sent; send Authorization: Bearer.' },
  'body-too-large': { kind: 'body-too-large', limitBytes: 1_048_576 },
  'headers-timeout': { kind: 'headers-timeout', limitMs: 20_000 },
  'body-timeout': { kind: 'body-timeout', limitMs: 30_000 },
  limited: { kind: 'limited', model: 'sim-8b', project: 'evals', denial: DENIAL },
  'flex-unavailable': { kind: 'flex-unavailable', tier: 'flex', waitedMs: 600_000, retryAfterMs: 180_000 },
  contended: { kind: 'contended', tier: 'standard', waitedMs: 60_000, retryAfterMs: 2_500 },
  'no-capacity': { kind: 'no-capacity', model: 'sim-8b', retryAfterMs: 1_000 },
  'queue-full': { kind: 'queue-full', retryAfterMs: 4_000 },
  'deadline-unreachable': { kind: 'deadline-unreachable', deadlineMs: 5_000, predictedMs: 9_000, retryAfterMs: 30_000 },
  'batch-infeasible': { kind: 'batch-infeasible', retryAfterMs: 40_000 },
  'batch-expired': { kind: 'batch-expired', waitedMs: 3_600_000, retryAfterMs: 40_000 },
  'too-large-for-model': { kind: 'too-large-for-model', tokens: 9_000, model: 'sim-8b' },
  'rejected-by-engine': {
    kind: 'rejected-by-engine',
    status: 422,
    message: 'temperature is out of range',
    param: 'temperature',
  },
  unsupported: {
    kind: 'unsupported',
    param: 'generationConfig.topK',
    model: 'chat',
    wire: 'openai',
    detail: 'that has no top_k',
  },
  untranslatable: {
    kind: 'untranslatable',
    param: 'cachedContent',
    model: 'chat',
    detail: 'a cache lives with the provider that made it',
  },
  'bad-signature': {
    kind: 'bad-signature',
    reason: 'skewed',
    detail: 'The signature is from 2026-11-21T00:00:00Z, more than 15m from the time here.',
  },
  'unknown-response': { kind: 'unknown-response', id: 'resp_1' },
  'upstream-credentials': { kind: 'upstream-credentials', upstream: 'openai' },
  'upstream-exhausted': { kind: 'upstream-exhausted', upstream: 'openai', detail: 'insufficient_quota' },
  'upstream-failed': { kind: 'upstream-failed', upstream: 'gpu-a', detail: 'the connection broke' },
  'upstream-timeout': { kind: 'upstream-timeout', upstream: 'gpu-a', limitMs: 120_000 },
  draining: { kind: 'draining', retryAfterMs: 1_000 },
  internal: { kind: 'internal' },
};

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
