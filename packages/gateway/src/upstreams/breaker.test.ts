import { expect, test } from 'vitest';
import { Breaker, BREAKER_FAILURES_MAX, BREAKER_OPEN_MS_MIN } from './breaker.ts';

function opened(at: number): Breaker {
  const breaker = new Breaker();
  for (let i = 0; i < BREAKER_FAILURES_MAX; i += 1) breaker.failed(at);
  return breaker;
}

test('opens after failures in a row, not after scattered ones', () => {
  const breaker = new Breaker();
  for (let i = 0; i < 10; i += 1) {
    expect(breaker.failed(i)).toBe(false);
    breaker.succeeded();
  }
  expect(breaker.state).toBe('closed');
  expect(opened(0).state).toBe('open');
});

test('reports the opening and the closing once each', () => {
  const breaker = new Breaker();
  const openings = Array.from({ length: 5 }, (_, at) => breaker.failed(at)).filter(Boolean);
  expect(openings).toHaveLength(1);
  expect(breaker.succeeded()).toBe(true);
  expect(breaker.succeeded()).toBe(false);
});

test('a probe is due only after the pause, and a failed one doubles it', () => {
  const breaker = opened(0);
  expect(breaker.mayProbe(BREAKER_OPEN_MS_MIN - 1)).toBe(false);
  expect(breaker.mayProbe(BREAKER_OPEN_MS_MIN)).toBe(true);
  expect(breaker.state).toBe('probing');
  breaker.failed(BREAKER_OPEN_MS_MIN);
  expect(breaker.mayProbe(2 * BREAKER_OPEN_MS_MIN)).toBe(false);
  expect(breaker.mayProbe(3 * BREAKER_OPEN_MS_MIN)).toBe(true);
});
