import { TIERS } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../problem.ts';
import { eventData } from '../sse/frame.ts';
import { resolveTierWord } from '../words/tier-word.ts';
import { DENIAL, PROBLEMS } from '../words/testing/problems.ts';
import { ANTHROPIC } from './dialect.ts';

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { type: string; error: { type: string; message: string; details: unknown }; request_id: null };
}

function tell(problem: Problem): Told {
  const { status, headers, body } = ANTHROPIC.problem(problem);
  return { status, headers, body: JSON.parse(body) as Told['body'] };
}

describe('problems', () => {
  test.each(Object.values(PROBLEMS))('$kind has the whole form', (problem) => {
    const { status, headers, body } = tell(problem);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(body)).toEqual(['type', 'error', 'request_id']);
    expect(body).toMatchObject({ type: 'error', request_id: null });
    expect(body.error.message).toMatch(/^.{20,}$/);
    expect(body.error.message).not.toMatch(/undefined|NaN|Infinity|\[object/);
    expect(body.error.details).toMatchObject({ error_code: expect.stringMatching(/^[a-z_]+$/) as string });
    for (const [name, value] of Object.entries(headers)) expect(`${name}: ${value}`).toMatch(/^[a-z-]+: [\x20-\x7e]+$/);
  });

  test.each<[Problem['kind'], number, string, string]>([
    ['malformed-json', 400, 'invalid_request_error', 'invalid_json'],
    ['unknown-tier', 400, 'invalid_request_error', 'invalid_value'],
    ['unauthenticated', 401, 'authentication_error', 'invalid_api_key'],
    ['tier-not-allowed', 403, 'permission_error', 'service_tier_not_allowed'],
    ['unknown-model', 404, 'not_found_error', 'model_not_found'],
    ['unknown-path', 404, 'not_found_error', 'unknown_url'],
    ['method-not-allowed', 405, 'invalid_request_error', 'method_not_allowed'],
    ['body-timeout', 408, 'invalid_request_error', 'request_timeout'],
    ['body-too-large', 413, 'request_too_large', 'request_too_large'],
    ['limited', 429, 'rate_limit_error', 'rate_limit_exceeded'],
    ['flex-unavailable', 529, 'overloaded_error', 'flex_unavailable'],
    ['contended', 529, 'overloaded_error', 'capacity_contended'],
    ['queue-full', 529, 'overloaded_error', 'queue_full'],
    ['deadline-unreachable', 529, 'overloaded_error', 'deadline_unreachable'],
    ['no-capacity', 503, 'api_error', 'no_capacity'],
    ['internal', 500, 'api_error', 'internal_error'],
    ['upstream-failed', 502, 'api_error', 'upstream_failed'],
    ['upstream-timeout', 504, 'timeout_error', 'upstream_timeout'],
    ['rejected-by-engine', 422, 'invalid_request_error', 'invalid_value'],
  ])('%s is %i %s', (kind, status, type, code) => {
    expect(tell(PROBLEMS[kind])).toMatchObject({ status, body: { error: { type, details: { error_code: code } } } });
  });

  test('flex refused leaves the next step to the caller, in words that the SDK takes', () => {
    const { headers, body } = tell(PROBLEMS['flex-unavailable']);
    expect(headers).toEqual({ 'retry-after': '180', 'retry-after-ms': '180000', 'x-should-retry': 'false' });
    expect(body.error.message).toContain("service_tier 'standard_only'");
  });

  test('the member at fault is told', () => {
    expect(tell(PROBLEMS['unsupported']).body.error.details).toMatchObject({ param: 'generationConfig.topK' });
    expect(tell({ ...PROBLEMS.limited, denial: { ...DENIAL, never: true } }).headers['x-should-retry']).toBe('false');
  });

  test('inside a stream it is an event of its own name', () => {
    const bytes = ANTHROPIC.streamProblem(PROBLEMS['upstream-failed']);
    expect(bytes.toString()).toMatch(/^event: error\ndata: [^\n]+\n\n$/);
    expect(eventData(bytes, 0, bytes.length)).toBe(ANTHROPIC.problem(PROBLEMS['upstream-failed']).body);
  });
});

describe('tiers', () => {
  test.each([
    ['auto', 'auto'],
    ['standard_only', 'standard'],
    ['standard', 'standard'],
    ['flex', 'flex'],
    ['priority', 'priority'],
  ])('%s asks for %s', (word, tier) => {
    expect(resolveTierWord(ANTHROPIC, word)).toBe(tier);
  });

  test('other words are refused with what is allowed', () => {
    expect(resolveTierWord(ANTHROPIC, 'on_demand')).toMatchObject({
      kind: 'unknown-tier',
      allowed: ANTHROPIC.tierWords,
    });
    for (const word of ANTHROPIC.tierWords) expect(ANTHROPIC.tiers.has(word)).toBe(true);
  });

  test('what was served is told in the words of usage.service_tier', () => {
    expect(TIERS.map(ANTHROPIC.servedWord)).toEqual(TIERS);
  });
});

describe('limit headers', () => {
  const wallMs = Date.UTC(2026, 10, 21, 12, 0, 0, 250);

  test('tell a moment, not a duration, and never one too early', () => {
    const report = {
      requestsPerMinute: { limit: 60, remaining: 58.7, resetMs: 1_300 },
      requestsPerDay: { limit: 1_000, remaining: 1, resetMs: 9_000 },
      tokensPerMinute: { limit: 18_000, remaining: -3, resetMs: 0 },
    };
    expect(ANTHROPIC.limitHeaders(report, wallMs)).toEqual({
      'anthropic-ratelimit-requests-limit': '60',
      'anthropic-ratelimit-requests-remaining': '58',
      'anthropic-ratelimit-requests-reset': '2026-11-21T12:00:02Z',
      'anthropic-ratelimit-tokens-limit': '18000',
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': '2026-11-21T12:00:01Z',
    });
  });

  test('a day stands in, and what is not limited is not told', () => {
    const tokensPerDay = { limit: 5, remaining: 5, resetMs: 0 };
    expect(ANTHROPIC.limitHeaders({ tokensPerDay }, wallMs)).toMatchObject({ 'anthropic-ratelimit-tokens-limit': '5' });
    expect(ANTHROPIC.limitHeaders({}, wallMs)).toEqual({});
  });
});

describe('models', () => {
  const small = { id: 'sim-8b', created: 1_760_000_000, contextTokens: 8_192 };

  test('have a date, a name and what is known of their size', () => {
    expect(ANTHROPIC.modelObject(small)).toMatchObject({
      type: 'model',
      id: 'sim-8b',
      display_name: 'sim-8b',
      created_at: '2025-10-09T08:53:20.000Z',
      max_input_tokens: 8_192,
      lifecycle: 'active',
    });
    expect(ANTHROPIC.modelObject({ id: 'x', created: 1e300 })).toMatchObject({
      created_at: '1970-01-01T00:00:00.000Z',
    });
  });

  test('are one page', () => {
    expect(ANTHROPIC.modelList([small, { id: 'x' }])).toMatchObject({
      has_more: false,
      first_id: 'sim-8b',
      last_id: 'x',
      data: [{ id: 'sim-8b' }, { id: 'x' }],
    });
    expect(ANTHROPIC.modelList([])).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });
});
