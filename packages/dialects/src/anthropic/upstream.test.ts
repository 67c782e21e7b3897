import { TIERS } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import { ANTHROPIC_CODEC as CODEC } from './codec.ts';

describe('failures', () => {
  const failure = (status: number, error: object, headers = {}): unknown =>
    CODEC.readFailure(status, headers, Buffer.from(JSON.stringify({ type: 'error', error, request_id: 'req_1' })));

  test.each<[number, object, string]>([
    [400, { type: 'invalid_request_error', message: 'max_tokens: too large' }, 'rejected'],
    [
      400,
      { type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' },
      'exhausted',
    ],
    [401, { type: 'authentication_error', message: 'invalid x-api-key' }, 'credentials'],
    [402, { type: 'billing_error', message: 'x' }, 'exhausted'],
    [403, { type: 'permission_error', message: 'x' }, 'credentials'],
    [404, { type: 'not_found_error', message: 'model: x' }, 'not-found'],
    [408, { type: 'invalid_request_error', message: 'x' }, 'failed'],
    [413, { type: 'request_too_large', message: 'x' }, 'rejected'],
    [422, { message: 'x' }, 'rejected'],
    [429, { type: 'rate_limit_error', message: 'x' }, 'limited'],
    [429, { type: 'rate_limit_error', message: 'x', details: { error_code: 'ramp_limit_exceeded' } }, 'limited'],
    [
      429,
      { type: 'rate_limit_error', message: 'x', details: { error_code: 'enforced_spend_limit_reached' } },
      'exhausted',
    ],
    [500, { type: 'api_error', message: 'x' }, 'failed'],
    [504, { type: 'timeout_error', message: 'x' }, 'failed'],
    [529, { type: 'overloaded_error', message: 'Overloaded' }, 'no-capacity'],
    [529, {}, 'no-capacity'],
  ])('%i %j', (status, error, kind) => {
    expect(failure(status, error)).toMatchObject({ kind });
  });

  test('say what the upstream said, and when to come back', () => {
    const error = {
      type: 'rate_limit_error',
      message: 'Slow down',
      details: { error_code: 'ramp_limit_exceeded', param: 'model' },
    };
    expect(failure(429, error, { 'retry-after': '7' })).toEqual({
      kind: 'limited',
      message: 'Slow down',
      code: 'ramp_limit_exceeded',
      param: 'model',
      retryAfterMs: 7_000,
    });
    expect(failure(429, error, { 'retry-after': '7', 'retry-after-ms': '6500' })).toMatchObject({
      retryAfterMs: 6_500,
    });
    expect(failure(429, error, { 'retry-after': 'Fri, 21 Nov 2026 12:00:00 GMT' })).not.toHaveProperty('retryAfterMs');
  });

  test('may come in HTML, or without words', () => {
    expect(CODEC.readFailure(502, {}, Buffer.from('<html>'))).toEqual({
      kind: 'failed',
      message: 'it answered with status 502',
    });
    expect(CODEC.readFailure(429, {}, Buffer.alloc(0))).toMatchObject({ kind: 'limited' });
    expect(CODEC.readFailure(418, {}, Buffer.from('{"error":"x"}'))).toMatchObject({ kind: 'rejected' });
  });
});

describe('limits', () => {
  const wallMs = Date.UTC(2026, 10, 21, 12);

  test('are read with the time until they are whole again', () => {
    const headers = {
      'anthropic-ratelimit-requests-limit': '50',
      'anthropic-ratelimit-requests-remaining': '49',
      'anthropic-ratelimit-requests-reset': '2026-11-21T12:00:02Z',
      'anthropic-ratelimit-input-tokens-limit': '40000',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-21T11:59:00Z',
    };
    expect(CODEC.readLimits(headers, wallMs)).toEqual({
      requests: { limit: 50, remaining: 49, resetsInMs: 2_000 },
      tokens: { limit: 40_000, remaining: 0, resetsInMs: 0 },
    });
    const tight = {
      ...headers,
      'anthropic-ratelimit-tokens-remaining': '7',
      'anthropic-ratelimit-tokens-reset': '2026-11-21T12:00:01Z',
    };
    expect(CODEC.readLimits(tight, wallMs)?.tokens).toEqual({ remaining: 7, resetsInMs: 1_000 });
  });

  test('are nothing where nothing, or nonsense, is said', () => {
    expect(CODEC.readLimits({}, wallMs)).toBeNull();
    expect(CODEC.readLimits({ 'anthropic-ratelimit-requests-remaining': '-1' }, wallMs)).toBeNull();
  });
});

describe('tiers of an upstream', () => {
  test('are asked for in its two words', () => {
    expect(TIERS.map(CODEC.askWord)).toEqual(['auto', 'standard_only', null, null]);
  });

  test('are told in three, and a fourth of another Offpeak', () => {
    expect(['standard', 'priority', 'batch', 'flex'].map(CODEC.servedTier)).toEqual([
      'standard',
      'priority',
      'batch',
      'flex',
    ]);
    expect(CODEC.servedTier(undefined)).toBeUndefined();
    expect(CODEC.servedTier('turbo')).toBeUndefined();
  });
});
