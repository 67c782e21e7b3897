import { TIERS } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../problem.ts';
import { SseReader } from '../sse/reader.ts';
import { resolveTierWord } from '../words/tier-word.ts';
import { DENIAL, PROBLEMS } from '../words/testing/problems.ts';
import { GEMINI } from './dialect.ts';
import { geminiAskWord, geminiServedTier, geminiTierWord } from './tiers.ts';

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly error: { code: number; message: string; status: string; details: Record<string, unknown>[] };
}

function tell(problem: Problem): Told {
  const { status, headers, body } = GEMINI.problem(problem);
  return { status, headers, ...(JSON.parse(body) as Pick<Told, 'error'>) };
}

function detail({ error }: Told, name: string): Record<string, unknown> | undefined {
  return error.details.find((entry) => entry['@type'] === `type.googleapis.com/google.rpc.${name}`);
}

describe('problems', () => {
  test.each(Object.values(PROBLEMS))('$kind has the whole form', (problem) => {
    const told = tell(problem);
    expect(told.status).toBeGreaterThanOrEqual(400);
    expect(Object.keys(told.error)).toEqual(['code', 'message', 'status', 'details']);
    expect(told.error.code).toBe(told.status);
    expect(told.error.status).toMatch(/^[A-Z_]+$/);
    expect(told.error.message).toMatch(/^.{20,}$/);
    expect(JSON.stringify(told.error)).not.toMatch(/undefined|NaN|Infinity|\[object/);
    expect(detail(told, 'ErrorInfo')).toMatchObject({
      domain: 'offpeak',
      reason: expect.stringMatching(/^[a-z_]+$/) as string,
    });
    for (const [name, value] of Object.entries(told.headers))
      expect(`${name}: ${value}`).toMatch(/^[a-z-]+: [\x20-\x7e]+$/);
  });

  test.each(Object.values(PROBLEMS))('$kind, told inside a stream, is one event of data alone', (problem) => {
    const text = GEMINI.streamProblem(problem).toString();
    expect(new SseReader().push(Buffer.from(text))).toEqual([GEMINI.problem(problem).body]);
    expect(text).toMatch(/^data: [^\n]*\n\n$/);
  });

  test.each<[Problem['kind'], number, string, string]>([
    ['malformed-json', 400, 'INVALID_ARGUMENT', 'invalid_json'],
    ['unknown-tier', 400, 'INVALID_ARGUMENT', 'invalid_value'],
    ['unauthenticated', 401, 'UNAUTHENTICATED', 'invalid_api_key'],
    ['tier-not-allowed', 403, 'PERMISSION_DENIED', 'service_tier_not_allowed'],
    ['unknown-model', 404, 'NOT_FOUND', 'model_not_found'],
    ['method-not-allowed', 405, 'UNIMPLEMENTED', 'method_not_allowed'],
    ['body-too-large', 413, 'INVALID_ARGUMENT', 'request_too_large'],
    ['limited', 429, 'RESOURCE_EXHAUSTED', 'rate_limit_exceeded'],
    ['flex-unavailable', 503, 'UNAVAILABLE', 'flex_unavailable'],
    ['contended', 503, 'UNAVAILABLE', 'capacity_contended'],
    ['no-capacity', 503, 'UNAVAILABLE', 'no_capacity'],
    ['upstream-failed', 502, 'INTERNAL', 'upstream_failed'],
    ['upstream-timeout', 504, 'DEADLINE_EXCEEDED', 'upstream_timeout'],
    ['internal', 500, 'INTERNAL', 'internal_error'],
  ])('%s is %i %s %s', (kind, status, code, reason) => {
    const told = tell(PROBLEMS[kind]);
    expect(told).toMatchObject({ status, error: { status: code } });
    expect(detail(told, 'ErrorInfo')).toMatchObject({ reason });
  });

  test('flex refused says when to come back, in the body and in headers', () => {
    const told = tell(PROBLEMS['flex-unavailable']);
    expect(detail(told, 'RetryInfo')).toMatchObject({ retryDelay: '180s' });
    expect(told.headers).toEqual({ 'retry-after': '180', 'retry-after-ms': '180000', 'x-should-retry': 'false' });
    expect(told.error.message).toContain("service_tier 'standard'");
  });

  test('a limit is a quota with its name, value and wait', () => {
    const told = tell(PROBLEMS.limited);
    expect(detail(told, 'QuotaFailure')).toMatchObject({
      violations: [
        {
          quotaMetric: 'generativelanguage.googleapis.com/generate_content_input_token_count',
          quotaId: 'GenerateContentInputTokensPerModelPerMinute',
          quotaDimensions: { model: 'sim-8b', service_tier: 'standard' },
          quotaValue: '6000',
        },
      ],
    });
    expect(detail(told, 'RetryInfo')).toMatchObject({ retryDelay: '5.289s' });
  });

  test('a request over the limit by itself has no time to come back', () => {
    const denial = { ...DENIAL, never: true, retryAfterMs: Number.POSITIVE_INFINITY };
    const told = tell({ ...PROBLEMS.limited, denial });
    expect(detail(told, 'RetryInfo')).toBeUndefined();
    expect(detail(told, 'QuotaFailure')).toBeDefined();
  });

  test('the member at fault is a field violation', () => {
    const told = tell(PROBLEMS.unsupported);
    expect(detail(told, 'BadRequest')).toMatchObject({ fieldViolations: [{ field: 'generationConfig.topK' }] });
    expect(detail(tell(PROBLEMS.internal), 'BadRequest')).toBeUndefined();
  });
});

describe('tiers', () => {
  test.each([
    ['flex', 'flex'],
    ['FLEX', 'flex'],
    ['SERVICE_TIER_PRIORITY', 'priority'],
    ['service_tier_standard', 'standard'],
    ['Unspecified', 'auto'],
  ])('%s asks for %s', (word, tier) => {
    expect(resolveTierWord(GEMINI, geminiTierWord(word))).toBe(tier);
  });

  test('other words are refused as they were sent, with what is allowed', () => {
    expect(resolveTierWord(GEMINI, geminiTierWord('Turbo'))).toMatchObject({
      kind: 'unknown-tier',
      word: 'Turbo',
      allowed: GEMINI.tierWords,
    });
    for (const word of GEMINI.tierWords) expect(GEMINI.tiers.has(word)).toBe(true);
  });

  test('a served tier is understood in every spelling, and silence is none', () => {
    for (const tier of TIERS) {
      expect(geminiServedTier(GEMINI.servedWord(tier))).toBe(tier);
      expect(geminiServedTier(`SERVICE_TIER_${tier.toUpperCase()}`)).toBe(tier);
    }
    expect(geminiServedTier('unspecified')).toBeUndefined();
    expect(geminiServedTier(undefined)).toBeUndefined();
  });

  test('all but batch can be asked for', () => {
    expect(TIERS.map(geminiAskWord)).toEqual(['priority', 'standard', 'flex', null]);
  });

  test('the header that tells the tier has the name that clients look for', () => {
    expect(GEMINI.tierHeader).toBe('x-gemini-service-tier');
  });
});

test('limits are told nowhere but in refusals', () => {
  expect(GEMINI.limitHeaders({ requestsPerMinute: { limit: 1, remaining: 1, resetMs: 1 } }, 0)).toEqual({});
});

test('models are resources, on one page without a token for the next', () => {
  expect(GEMINI.modelList([{ id: 'sim-8b', contextTokens: 8_192 }, { id: 'x' }])).toEqual({
    models: [
      {
        name: 'models/sim-8b',
        displayName: 'sim-8b',
        inputTokenLimit: 8_192,
        supportedGenerationMethods: ['generateContent', 'countTokens'],
      },
      { name: 'models/x', displayName: 'x', supportedGenerationMethods: ['generateContent', 'countTokens'] },
    ],
  });
});
