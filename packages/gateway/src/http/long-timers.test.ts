import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LongTimers } from './long-timers.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('long delays end within a second of their time and never after it, short ones exactly', () => {
  const timers = new LongTimers();
  const ended: string[] = [];
  timers.after(100, () => ended.push('short'));
  timers.after(60_500, () => ended.push('long'));
  vi.advanceTimersByTime(99);
  expect(ended).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(ended).toEqual(['short']);
  vi.advanceTimersByTime(59_400);
  expect(ended).toEqual(['short']);
  vi.advanceTimersByTime(1_000);
  expect(ended).toEqual(['short', 'long']);
  timers.stop();
});

test('a cancelled timer never runs, not even when another one of the same second cancels it', () => {
  const timers = new LongTimers();
  const ran: string[] = [];
  const first = timers.after(40_000, () => {
    ran.push('one of two');
    second.cancel();
  });
  const second = timers.after(40_000, () => {
    ran.push('one of two');
    first.cancel();
  });
  timers.after(40_000, () => ran.push('third')).cancel();
  timers.after(41_000, () => ran.push('later'));
  vi.advanceTimersByTime(60_000);
  expect(ran).toEqual(['one of two', 'later']);
  timers.stop();
});
