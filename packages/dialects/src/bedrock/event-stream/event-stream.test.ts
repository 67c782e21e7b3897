import { EventStreamCodec, type MessageHeaders } from '@smithy/eventstream-codec';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Garbled } from '../../canonical/feature.ts';
import { crc32 } from './crc32.ts';
import { frameOf } from './frame.ts';
import { eventHead, exceptionHead } from './head.ts';
import { FrameReader } from './reader.ts';

const FRAME_BYTES_MAX = 4 * 1024 * 1024;

/** The codec that AWS's own SDK uses. */
const AWS = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString()),
  (text) => Buffer.from(text),
);

function awsFrame(headers: MessageHeaders, payload: string): Buffer {
  return Buffer.from(AWS.encode({ headers, body: Buffer.from(payload) }));
}

function text(value: string): MessageHeaders[string] {
  return { type: 'string', value };
}

function read(bytes: Buffer, cuts: readonly number[] = []): { name: string; payload: string }[] {
  const reader = new FrameReader();
  const found: { name: string; payload: string }[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    for (const { kind, payload } of reader.push(bytes.subarray(start, end))) {
      found.push({ name: kind.name, payload: payload.toString() });
    }
    start = end;
  }
  return found;
}

test('the checksum is the one of gzip, in one step or several', () => {
  const bytes = Buffer.from('123456789');
  expect(crc32(bytes, 0, 9)).toBe(0xcbf43926);
  expect(crc32(bytes, 4, 9, crc32(bytes, 0, 4))).toBe(0xcbf43926);
});

describe('frames', () => {
  test('are what AWS reads', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom('contentBlockDelta', 'chunk'), (payload, name) => {
        const message = AWS.decode(frameOf(eventHead(name), payload));
        expect(message.headers).toEqual({
          ':event-type': text(name),
          ':content-type': text('application/json'),
          ':message-type': text('event'),
        });
        expect(Buffer.from(message.body).toString()).toBe(payload);
      }),
    );
  });

  test('are read however the bytes are cut', () => {
    const event = fc.record({ name: fc.constantFrom('chunk', 'metadata', 'messageStop'), payload: fc.json() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), fc.array(fc.nat()), (events, cuts) => {
        const bytes = Buffer.concat(events.map(({ name, payload }) => frameOf(eventHead(name), payload)));
        expect(read(bytes, cuts)).toEqual(events);
      }),
    );
  });

  test('of AWS are read, with headers of any type beside', () => {
    const frame = awsFrame(
      {
        ':message-type': text('event'),
        ':event-type': text('chunk'),
        count: { type: 'integer', value: 7 },
        flag: { type: 'boolean', value: true },
        blob: { type: 'binary', value: Buffer.from([1, 2]) },
      },
      '{}',
    );
    expect(read(frame)).toEqual([{ name: 'chunk', payload: '{}' }]);
  });

  test('exceptions and errors are told apart', () => {
    const error = awsFrame(
      { ':message-type': text('error'), ':error-code': text('Gone'), ':error-message': text('it left') },
      '',
    );
    const frames = new FrameReader().push(Buffer.concat([frameOf(exceptionHead('throttlingException'), '{}'), error]));
    expect(frames.map(({ kind }) => kind)).toEqual([
      { message: 'exception', name: 'throttlingException' },
      { message: 'error', name: 'Gone', detail: 'it left' },
    ]);
  });
});

describe('what is no frame', () => {
  const good = frameOf(eventHead('chunk'), '{"bytes":"AAAA"}');

  /** With sums that fit, so that what is wrong is only what the test wants. */
  function withLengths(total: number, head: number): Buffer {
    const frame = Buffer.from(good);
    frame.writeUInt32BE(total, 0);
    frame.writeUInt32BE(head, 4);
    frame.writeUInt32BE(crc32(frame, 0, 8), 8);
    frame.writeUInt32BE(crc32(frame, 0, frame.length - 4), frame.length - 4);
    return frame;
  }

  test.each<[string, Buffer, RegExp]>([
    ['HTML', Buffer.from('<html><body>502 Bad Gateway</body></html>'), /checksum of a frame's lengths/],
    ['too large', withLengths(FRAME_BYTES_MAX + 1, 4), new RegExp(`larger than ${FRAME_BYTES_MAX}`)],
    ['too short for its headers', withLengths(good.length, good.length), /cut short: \d+ bytes of headers do not fit/],
    ['smaller than any frame', withLengths(3, 0), /cut short/],
    ['headers that end inside one', withLengths(good.length, 18), /headers cannot be read/],
    ['no headers', withLengths(good.length, 0), /:message-type is missing/],
    ['a strange message', awsFrame({ ':message-type': text('hint') }, ''), /:message-type is "hint"/],
    ['an event without a name', awsFrame({ ':message-type': text('event') }, ''), /no :event-type/],
    ['an exception without a name', awsFrame({ ':message-type': text('exception') }, ''), /no :exception-type/],
    ['a name that is no text', awsFrame({ ':message-type': { type: 'byte', value: 1 } }, ''), /is missing/],
  ])('%s', (_what, bytes, detail) => {
    expect(() => new FrameReader().push(bytes)).toThrow(Garbled);
    expect(() => new FrameReader().push(bytes)).toThrow(detail);
  });

  test('any one byte that changed is noticed', () => {
    for (let at = 0; at < good.length; at += 1) {
      const changed = Buffer.from(good);
      changed[at]! ^= 0x10;
      expect(() => new FrameReader().push(changed)).toThrow(Garbled);
    }
  });

  test('any bytes at all are frames, wait for more, or are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new FrameReader().push(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(Garbled);
        }
      }),
    );
  });
});
