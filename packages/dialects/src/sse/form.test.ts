import { expect, test } from 'vitest';
import { DIALECTS } from '../dialects.ts';
import { SSE } from './form.ts';

test.each([
  ['', 0],
  ['data: a', 0],
  ['data: a\n', 0],
  ['data: a\n\n', 9],
  ['data: a\n\ndata: b', 9],
  ['data: a\n\n: alive\n\nevent: b\nda', 18],
  ['data: a\r\n\r\ndata: b\r\n', 11],
  ['data: a\n\r\n', 10],
  ['data: a\n\n\n', 10],
  ['\n', 0],
  ['\n\n', 2],
])('of %j the first %i bytes are whole events', (text, whole) => {
  expect(SSE.wholeBytes(Buffer.from(text))).toBe(whole);
});

test('an event may end where a line does', () => {
  expect(['', 'data: a', '\r', '\n', '\r\n', 'a\nb'].map((text) => SSE.mayEnd(Buffer.from(text)))).toEqual([
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test.each(Object.values(DIALECTS))('a sign of life of $name is whole, and less of it is not', ({ streams }) => {
  const { heartbeat } = streams;
  const twice = Buffer.concat([heartbeat, heartbeat]);
  for (let length = 0; length <= twice.length; length += 1) {
    const whole = Math.floor(length / heartbeat.length) * heartbeat.length;
    expect(streams.wholeBytes(twice.subarray(0, length))).toBe(whole);
  }
});
