import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splice, type Edits } from './edit.ts';
import { compileNames } from './names.ts';
import { scanObject } from './scan.ts';
import { writtenObject } from './testing/written-json.ts';

const LIST = ['model', 'stream', 'service_tier', 'n'] as const;
type Name = (typeof LIST)[number];
const NAMES = compileNames(LIST);

function spliced(text: string, edits: Edits<Name>): string {
  const body = Buffer.from(text);
  const scan = scanObject(body, NAMES);
  if (!scan.ok) throw new Error(scan.detail);
  return Buffer.concat(splice(body, scan, edits)).toString();
}

test('the spliced text parses to the same object as the edit on the parsed one, in any object', () => {
  const value = fc.option(fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)));
  const edits = fc.record({ model: value, stream: value, service_tier: value, n: value }, { requiredKeys: [] });
  fc.assert(
    fc.property(writtenObject(LIST), edits, ({ text }, edits) => {
      const expected = JSON.parse(text) as Record<string, unknown>;
      for (const [name, json] of Object.entries(edits)) {
        if (json === null) delete expected[name];
        else expected[name] = JSON.parse(json);
      }
      const result = spliced(text, edits);
      expect(JSON.parse(result)).toStrictEqual(expected);
      // No second member of an edited name is left for a parser that keeps the first.
      const scan = scanObject(Buffer.from(result), NAMES);
      expect(scan.ok && scan.duplicates.filter((name) => name in edits)).toEqual([]);
    }),
    { numRuns: 2_000 },
  );
});

describe('by hand', () => {
  test.each<[string, Edits<Name>, string]>([
    ['{"model":1,"x":2}', { model: null }, '{"x":2}'],
    ['{"x":2,"model":1}', { model: null }, '{"x":2}'],
    ['{"x":2 , "model":1 }', { model: null }, '{"x":2  }'],
    ['{"model":1}', { model: null }, '{}'],
    ['{ "model" : 1 , "stream" : true }', { model: null, stream: null }, '{   }'],
    ['{"model":1,"x":2,"model":3}', { model: null }, '{"x":2}'],
    ['{"model":1,"x":2,"model":3}', { model: '4' }, '{"x":2,"model":4}'],
    ['{"model":1,"n":2,"stream":3}', { model: null, n: null, stream: '4' }, '{"stream":4}'],
    ['{}', { n: '1' }, '{"n":1}'],
    ['{"model":1}', { model: null, n: '1', stream: 'true' }, '{"n":1,"stream":true}'],
    ['{"x":1}\n', { n: '1' }, '{"x":1,"n":1}\n'],
    ['{"x":1}', { n: null }, '{"x":1}'],
    ['{"mode\\u006c":1,"x":1}', { model: '2' }, '{"mode\\u006c":2,"x":1}'],
    ['{"model":1}', {}, '{"model":1}'],
  ])('%s', (text, edits, expected) => {
    expect(spliced(text, edits)).toBe(expected);
  });

  test('what stays is not copied', () => {
    const body = Buffer.from(`{"model":"m","x":"${'y'.repeat(100_000)}","service_tier":"flex"}`);
    const scan = scanObject(body, NAMES);
    const pieces = scan.ok ? splice(body, scan, { service_tier: null, n: '1' }) : [];
    const copied = pieces.filter((piece) => piece.buffer !== body.buffer || piece.length < 50);
    expect(copied.reduce((sum, piece) => sum + piece.length, 0)).toBeLessThan(50);
  });

  test('a value may come in pieces', () => {
    expect(spliced('{"n":1}', { n: [Buffer.from('[1'), Buffer.from(',2]')] })).toBe('{"n":[1,2]}');
  });
});
