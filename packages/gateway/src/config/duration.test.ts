import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DURATION_MS_MAX, formatDuration, parseDuration } from './duration.ts';
import { parseSize } from './size.ts';

test('each unit', () => {
  const texts = ['0', '500ms', '30s', '10m', '2h', '1d', '0s'];
  expect(texts.map(parseDuration)).toEqual([0, 500, 30_000, 600_000, 7_200_000, 86_400_000, 0]);
});

test.each([
  '',
  '10',
  '1.5s',
  '-1s',
  '+1s',
  ' 1s',
  '1s ',
  '1 s',
  '1S',
  '1M',
  's',
  '1h30m',
  '1e3s',
  '٣s',
  '00',
  '9999999999999s',
  '4000d',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull();
});

test('what is formatted is read back as the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: DURATION_MS_MAX }), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test('no text makes it throw or give anything but whole ms', () => {
  const texts = fc.oneof(fc.string(), fc.stringMatching(/^\d{1,14}(ms|s|m|h|d|x)?$/));
  fc.assert(
    fc.property(texts, (text) => {
      const ms = parseDuration(text);
      expect(ms === null || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
    }),
  );
});

test('sizes', () => {
  expect(['1B', '512KiB', '64MiB', '2GiB', '1TiB'].map(parseSize)).toEqual([1, 2 ** 19, 2 ** 26, 2 ** 31, 2 ** 40]);
  expect(['', '1', '1KB', '1 MiB', '-1B', '1.5GiB', '999999999999TiB'].map(parseSize)).toEqual(Array(7).fill(null));
});
