import { expect, test } from 'vitest';
import { clock, duration, milliseconds, nearlyAll, number, share, times } from './format.ts';

test.each([
  [number(0), '0'],
  [number(1234), '1230'],
  [number(12_345), '12.3 k'],
  [number(2_000_000), '2 M'],
  [number(null), '–'],
  [number(Infinity), '–'],
  [milliseconds(0.1234), '0.123 ms'],
  [milliseconds(999), '999 ms'],
  [milliseconds(1500), '1.5 s'],
  [milliseconds(90_000), '90 s'],
  [milliseconds(600_000), '10 min'],
  [milliseconds(7_200_000), '2 h'],
  [share(0.0123), '1.23 %'],
  [share(1.1), '110 %'],
  [nearlyAll(0.99951), '99.95 %'],
  [times(1.254), '1.25×'],
  [duration(14 * 86_400_000), '14 days'],
  [clock(90_000, 1000), '1:30'],
  [clock(3_725_000, 60_000), '1:02:05'],
  [clock(1500, 500), '0:01.5'],
  [clock(20, 10), '0:00.02'],
  [clock(3 * 86_400_000 + 4 * 3_600_000, 3_600_000), '3 d 04:00'],
])('%s', (told, expected) => {
  expect(told).toBe(expected);
});
