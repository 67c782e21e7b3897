import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const KEYS = ['requestsPerMinute', 'requestsPerDay', 'tokensPerMinute', 'tls', 'models', 'model'];

test.each([
  ['requestPerMinute', 'requestsPerMinute'],
  ['requestsperday', 'requestsPerDay'],
  ['tokenPerMinutes', 'tokensPerMinute'],
  ['modles', 'models'],
  ['Model', 'model'],
])('%s means %s', (typed, meant) => {
  expect(nearest(typed, KEYS)).toBe(meant);
});

test.each(['xyz', 'a', '', 'somethingElse', 'x'.repeat(10_000)])('%s means nothing of these', (typed) => {
  expect(nearest(typed, KEYS)).toBeUndefined();
});
