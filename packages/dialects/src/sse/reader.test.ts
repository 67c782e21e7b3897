import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EVENT_BYTES_MAX, EventTooLarge, SseReader } from './reader.ts';

/** Feeds the text in pieces that end at the given offsets. */
function events(text: string, cuts: readonly number[] = []): string[] {
  const bytes = Buffer.from(text);
  const reader = new SseReader();
  const found: string[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    found.push(...reader.push(bytes.subarray(start, end)));
    start = end;
  }
  return found;
}

describe('events', () => {
  test.each<[string, string[]]>([
    ['data: {"a":1}\n\n', ['{"a":1}']],
    ['data:{"a":1}\n\n', ['{"a":1}']],
    ['data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['data: a\n\n\ndata: b\n\n', ['a', 'b']],
    [': keep-alive\n\ndata: a\n\n', ['a']],
    ['event: x\nid: 5\ndata: a\n\n', ['a']],
    ['data: a\ndata: b\n\n', ['a\nb']],
    ['data: \n\n', ['']],
    ['event: ping\n\n', []],
    ['data: unfinished\n', []],
    ['data: [DONE]\n\n', ['[DONE]']],
  ])('%j', (text, expected) => {
    expect(events(text)).toEqual(expected);
  });

  test('are the same however the bytes are cut', () => {
    const data = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text));
    fc.assert(
      fc.property(
        fc.array(data, { maxLength: 8 }),
        fc.array(fc.nat()),
        fc.constantFrom('\n', '\r\n'),
        (all, cuts, end) => {
          const text = all.map((entry) => `data: ${entry}${end}${end}`).join('');
          expect(events(text, cuts)).toEqual(all);
        },
      ),
    );
  });
});

test('an event that never ends is cut', () => {
  const reader = new SseReader();
  const piece = Buffer.alloc(1024 * 1024, 'x');
  expect(() => {
    for (let sent = 0; sent <= EVENT_BYTES_MAX; sent += piece.length) reader.push(piece);
  }).toThrow(EventTooLarge);
});

test('a large event in small pieces is put together once, not once for each of them', () => {
  const reader = new SseReader();
  const bytes = Buffer.from(`data: ${'x'.repeat(EVENT_BYTES_MAX - 10)}\n\n`);
  let found = 0;
  for (let at = 0; at < bytes.length; at += 100) found += reader.push(bytes.subarray(at, at + 100)).length;
  expect(found).toBe(1);
});
