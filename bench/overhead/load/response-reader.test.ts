import { describe, expect, it } from 'vitest';
import { ResponseReader } from './response-reader.ts';

const withLength = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const chunked = 'HTTP/1.1 429 Too Many Requests\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';

describe('ResponseReader', () => {
  it('ends each of two responses exactly once, wherever the bytes are split', () => {
    for (const [first, second] of [
      [withLength, chunked],
      [chunked, withLength],
    ] as const) {
      for (let cut = 1; cut < first.length; cut++) {
        const reader = new ResponseReader();
        expect(reader.feed(Buffer.from(first.slice(0, cut)))).toBe(false);
        expect(reader.feed(Buffer.from(first.slice(cut)))).toBe(true);
        expect(reader.status).toBe(first === chunked ? 429 : 200);
        expect(reader.feed(Buffer.from(second))).toBe(true);
      }
    }
  });

  it('keeps nothing that the caller overwrites', () => {
    const shared = Buffer.alloc(16);
    const reader = new ResponseReader();
    let ends = 0;
    for (let at = 0; at < withLength.length; at += shared.length) {
      const length = shared.write(withLength.slice(at, at + shared.length), 'latin1');
      if (reader.feed(shared.subarray(0, length))) ends++;
    }
    expect(ends).toBe(1);
  });
});
