import { expect, test } from 'vitest';
import { DIALECTS } from './dialects.ts';

const WALL_MS = Date.UTC(2026, 10, 21);
const MINUTE = { limit: 60, remaining: 58.7, resetMs: 1_300 };
const DAY = { limit: 14_400, remaining: 14_399, resetMs: 179_560 };
const TOKENS = { limit: 18_000, remaining: -3, resetMs: 7_660 };

test('openai tells requests and tokens per minute', () => {
  const report = { requestsPerMinute: MINUTE, requestsPerDay: DAY, tokensPerMinute: TOKENS };
  expect(DIALECTS.openai.limitHeaders(report, WALL_MS)).toEqual({
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '58',
    'x-ratelimit-reset-requests': '1.3s',
    'x-ratelimit-limit-tokens': '18000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '7.66s',
  });
});

test('groq tells requests per day and tokens per minute', () => {
  const report = { requestsPerMinute: MINUTE, requestsPerDay: DAY, tokensPerMinute: TOKENS };
  expect(DIALECTS.groq.limitHeaders(report, WALL_MS)).toMatchObject({
    'x-ratelimit-limit-requests': '14400',
    'x-ratelimit-reset-requests': '2m59.56s',
    'x-ratelimit-limit-tokens': '18000',
  });
});

test('the other window stands in, and what is not limited is not told', () => {
  expect(DIALECTS.openai.limitHeaders({ requestsPerDay: DAY }, WALL_MS)).toEqual({
    'x-ratelimit-limit-requests': '14400',
    'x-ratelimit-remaining-requests': '14399',
    'x-ratelimit-reset-requests': '2m59.56s',
  });
  expect(DIALECTS.groq.limitHeaders({ requestsPerMinute: MINUTE }, WALL_MS)['x-ratelimit-limit-requests']).toBe('60');
  expect(DIALECTS.groq.limitHeaders({}, WALL_MS)).toEqual({});
});
