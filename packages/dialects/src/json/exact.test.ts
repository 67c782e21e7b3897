import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberText, objectText } from '../canonical/testing/numbers.ts';
import { isExactNumber, parseExact, parseWire, plainNumber } from './exact.ts';

const NONE: ReadonlySet<string> = new Set();

describe('a text whose numbers are kept', () => {
  test('is written again as it was', () => {
    fc.assert(
      fc.property(objectText, (text) => {
        expect(JSON.stringify(parseExact(text))).toBe(text);
      }),
    );
  });

  test('has spaces where it likes', () => {
    expect(JSON.stringify(parseExact(' { "a" : [ 1.0 , 2 ] } '))).toBe('{"a":[1.0,2]}');
  });

  test('is refused where JSON.parse refuses it', () => {
    for (const text of [
      '{"a":1.0',
      '{"a":01.0}',
      '{"a":1.}',
      '{"a":"1.0',
      '[1.0,]',
      '{"a":--1}',
      '-',
      '{"a":1.0.0}',
      '{"a":1.0e}',
      '{"a":-01.0}',
    ]) {
      expect(() => JSON.parse(text) as unknown).toThrow();
      expect(() => parseExact(text)).toThrow();
    }
  });

  test('is read as JSON.parse reads it where it has no such numbers', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parseExact(text)).toEqual(JSON.parse(text));
        expect(parseWire(text, NONE)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('of two members of a name the last one counts', () => {
    expect(JSON.stringify(parseExact('{"a":1.0,"a":2,"b":1,"b":2.0}'))).toBe('{"a":2,"b":2.0}');
  });

  test('numbers at the end of what the language has, and beyond', () => {
    const text = '{"a":[1e300,2e300,1.0,-1e300,1e+300,3e300,1e301,1.7976931348623157e+308,1e400,-1e400],"b":2e300}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
    expect(parseWire(text, NONE)).toEqual(JSON.parse(text));
    const deep = `{"x":{"y":${text}},"top":1e300}`;
    expect(parseWire(deep, NONE)).toEqual(JSON.parse(deep));
    expect(JSON.stringify(parseWire(deep, new Set(['y'])))).toBe(`{"x":{"y":${text}},"top":1e+300}`);
  });

  test('a name that would set the prototype is one like others', () => {
    const text = '{"__proto__":1.0,"a":{"__proto__":{"b":2.0}}}';
    expect(JSON.stringify(parseExact(text))).toBe(text);
  });

  test('numbers in its strings are no reason for anything', () => {
    const text = JSON.stringify({ a: '1.0', b: '\\"1.0', c: 'x\\', d: '"' });
    expect(parseExact(text)).toEqual(JSON.parse(text));
  });
});

test('of a body only the members of others are kept', () => {
  const text = '{"temperature":1.0,"a":{"b":{"c":1.0,"d":[2.0]}},"input":{"k":{"l":1.0}},"x":[{"input":[3.0]}]}';
  expect(JSON.stringify(parseWire(text, new Set(['input'])))).toBe(
    '{"temperature":1,"a":{"b":{"c":1,"d":[2]}},"input":{"k":{"l":1.0}},"x":[{"input":[3.0]}]}',
  );
  expect(parseWire(text, NONE)).toEqual(JSON.parse(text));
});

test('a number alone is one of the language', () => {
  fc.assert(
    fc.property(numberText, (text) => {
      expect(parseExact(text)).toBe(Number(text));
    }),
  );
  const [kept] = parseExact('[1.50]') as unknown[];
  expect(isExactNumber(kept)).toBe(true);
  expect(plainNumber(kept)).toBe(1.5);
  expect(plainNumber('1.50')).toBe('1.50');
});

describe('texts that look like what stands for a number meanwhile', () => {
  /** By way of the language's own means, which are slow. */
  const rawJSON = (JSON as unknown as { rawJSON(text: string): object }).rawJSON;
  const reviving = JSON.parse as (text: string, reviver: (...args: never[]) => unknown) => unknown;
  const kept = (_name: string, value: unknown, { source }: { readonly source?: string }): unknown =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value;

  const odd = fc.constantFrom(
    '\\u0000',
    '\\u0000\\u0000',
    '\\u00001.0',
    '\\u0000\\u00001.0',
    '1.0',
    '\\\\u00001.0',
    '',
  );
  const space = fc.constantFrom('', ' ', '\n', '\t\r');
  const { value } = fc.letrec<{ value: string; name: string }>((tie) => ({
    name: fc.oneof(odd, fc.constantFrom('__proto__', 'constructor', '1', 'a')),
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('1.0', '-0', '1e400', '7', '-7', '0', '12345678901234567890', '123456789012345', '1E2'),
      odd.map((text) => `"${text}"`),
      fc.tuple(space, fc.array(tie('value'), { maxLength: 3 })).map(([gap, all]) => `[${gap}${all.join(`${gap},`)}]`),
      fc
        .tuple(space, fc.array(fc.tuple(tie('name'), tie('value')), { maxLength: 4 }))
        .map(([gap, all]) => `{${all.map(([name, held]) => `"${name}"${gap}:${gap}${held}`).join(',')}}`),
    ),
  }));

  test('are what they were', () => {
    fc.assert(
      fc.property(value, (text) => {
        const whole = `[${text}]`;
        expect(JSON.stringify(parseExact(whole))).toBe(JSON.stringify(reviving(whole, kept)));
        expect(parseWire(`[[[${text}]]]`, NONE)).toEqual(JSON.parse(`[[[${text}]]]`));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    '{1.0:2.0}',
    '[{1.0 : 2}]',
    '[1.0"a"]',
    '["a"1.0]',
    '[1.0 2.0]',
    '[1.0true]',
    '["\\u00001.0":1.0]',
    '["\u00001.0",1.0]',
  ])('%j is refused', (text) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(() => parseExact(text)).toThrow();
  });
});
