import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArrayStream } from './array-stream.ts';
import { GEMINI_ARRAY } from './array-dialect.ts';
import { GEMINI } from './dialect.ts';

function written(stream: string, cuts: readonly number[] = [], last?: Buffer): string {
  const bytes = Buffer.from(stream);
  const form = new ArrayStream();
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let text = '';
  let start = 0;
  for (const end of ends) {
    text += form.push(bytes.subarray(start, end)).toString('utf8');
    start = end;
  }
  return text + form.end(last).toString('utf8');
}

test('each event is an element, as it was', () => {
  expect(written('data: {"a": 1}\n\n: alive\n\ndata: {"b":"é"}\r\n\r\n')).toBe('[{"a": 1}\n,\n{"b":"é"}\n]\n');
});

test('a stream of no events is an array of no elements', () => {
  expect(written(': alive\n\n')).toBe('[\n]\n');
});

test('it is the same array however the stream is cut', () => {
  const element = fc.record({ text: fc.string({ unit: 'grapheme' }), more: fc.option(fc.array(fc.integer())) });
  fc.assert(
    fc.property(fc.array(element), fc.array(fc.nat()), fc.constantFrom('\n\n', '\r\n\r\n'), (all, cuts, end) => {
      const stream = all.map((value) => `data: ${JSON.stringify(value)}${end}`).join('');
      expect(JSON.parse(written(stream, cuts))).toEqual(JSON.parse(JSON.stringify(all)));
    }),
  );
});

test('what has not come whole is not told, and a failure is the last element', () => {
  const failed = GEMINI.streamProblem({ kind: 'upstream-failed', upstream: 'gpu', detail: 'it broke' });
  const elements = JSON.parse(written('data: {"a":1}\n\ndata: {"candi', [], failed)) as object[];
  expect(elements).toMatchObject([{ a: 1 }, { error: { code: 502, status: 'INTERNAL' } }]);
  expect(JSON.parse(written('', [], failed))).toMatchObject([{ error: { code: 502 } }]);
});

test('a refusal is an array of one', () => {
  const problem = { kind: 'queue-full', retryAfterMs: 1_000 } as const;
  const { status, headers, body } = GEMINI_ARRAY.problem(problem);
  expect({ status, headers }).toEqual({ status: 503, headers: GEMINI.problem(problem).headers });
  expect(JSON.parse(body)).toEqual([JSON.parse(GEMINI.problem(problem).body)]);
});
