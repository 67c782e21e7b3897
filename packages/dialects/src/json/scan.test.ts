import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileNames } from './names.ts';
import { isEmpty, lastElement, rawText, readString } from './read.ts';
import { scanObject, type JsonKind, type Scan, type ScanFault } from './scan.ts';
import { jsonDepthMax } from './skip.ts';
import { writtenObject, type WrittenMember } from './testing/written-json.ts';

const LIST = ['model', 'stream', 'service_tier', 'n', 'größe'] as const;
type Name = (typeof LIST)[number];
const NAMES = compileNames(LIST);

function scan(text: string): Scan<Name> | ScanFault {
  return scanObject(Buffer.from(text), NAMES);
}

function scanned(text: string): Scan<Name> {
  const result = scan(text);
  if (!result.ok) throw new Error(`${result.detail} at ${result.offset}: ${text}`);
  return result;
}

function kindOf(value: unknown): JsonKind {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonKind;
}

describe('beside JSON.parse', () => {
  test('finds the same members with the same values in any object, however it is written', () => {
    fc.assert(
      fc.property(writtenObject(LIST), ({ text, members }) => {
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const found = scanned(text);
        const body = Buffer.from(text);
        expect(found.memberCount).toBe(members.length);
        expect(body.subarray(found.objectStart, found.objectEnd).toString()).toBe(text.trim());
        for (const name of LIST) {
          const member = found.members[name];
          expect(member !== undefined).toBe(Object.hasOwn(parsed, name));
          if (member === undefined) continue;
          expect(JSON.parse(rawText(body, member))).toStrictEqual(parsed[name]);
          expect(member.kind).toBe(kindOf(parsed[name]));
          expect(JSON.parse(body.toString('utf8', member.nameStart, body.indexOf(':', member.nameStart)))).toBe(name);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  test('reports every name that is there twice, and keeps all its places', () => {
    fc.assert(
      fc.property(writtenObject(LIST), ({ text, members }) => {
        const found = scanned(text);
        for (const name of LIST) {
          const times = members.filter((member: WrittenMember) => member.name === name).length;
          expect(found.duplicates.includes(name)).toBe(times > 1);
          let places = 0;
          for (let member = found.members[name]; member !== undefined; member = member.earlier) places += 1;
          expect(places).toBe(times);
        }
      }),
    );
  });

  test('refuses every prefix of a text', () => {
    fc.assert(
      fc.property(writtenObject(LIST), fc.nat(), ({ text }, cut) => {
        const whole = Buffer.from(text.trim());
        const result = scanObject(whole.subarray(0, cut % whole.length), NAMES);
        expect(result.ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('accepts what JSON.parse accepts and refuses what it refuses after one byte was changed outside strings', () => {
    fc.assert(
      fc.property(
        writtenObject(LIST),
        fc.nat(),
        fc.constantFrom(...'{}[]",:0123.eE+-tfn \n\u0000x'),
        (written, at, byte) => {
          const bytes = Buffer.from(written.text);
          bytes[at % bytes.length] = byte.charCodeAt(0);
          const text = bytes.toString();
          // What stands inside strings is the engine's to judge: put every string's content out of the picture.
          const bare = withoutStrings(text);
          fc.pre(bare !== null);
          expect(scanObject(Buffer.from(bare), NAMES).ok).toBe(isJsonObject(bare));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

/** The text with every string emptied, or null where a quote stays open. */
function withoutStrings(text: string): string | null {
  const bare = text.replace(/"(?:[^"\\]|\\[^])*"/g, '""');
  return (bare.match(/"/g) ?? []).length % 2 === 0 ? bare : null;
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return kindOf(value) === 'object';
  } catch {
    return false;
  }
}

describe('names', () => {
  test.each([
    ['"\\u0073ervice_tier"', 'service_tier'],
    ['"mode\\u006C"', 'model'],
    ['"\\u006d\\u006f\\u0064\\u0065\\u006c"', 'model'],
    ['"gr\\u00f6\\u00dfe"', 'größe'],
    ['"größe"', 'größe'],
  ])('%s is %s', (written, name) => {
    const text = `{"x":1,${written}:"y"}`;
    expect(readString(Buffer.from(text), scanned(text).members[name as Name]!)).toBe('y');
  });

  test.each(['"Model"', '"model "', '"models"', '"\\\\u006dodel"', '"\\tmodel"', '""'])(
    '%s is none of them',
    (written) => {
      expect(scanned(`{${written}:1}`).members).toEqual({});
    },
  );

  test('of nested objects are not top-level', () => {
    expect(scanned('{"a":{"model":1},"b":[{"stream":true}]}').members).toEqual({});
  });

  test('with a broken escape are refused', () => {
    expect(scan('{"mode\\x6c":1}')).toMatchObject({ ok: false, offset: 2 });
  });
});

describe('strings are stepped over whatever is in them', () => {
  const fillers = ['', 'x'.repeat(23), 'x'.repeat(24), 'x'.repeat(25), 'x'.repeat(4_000)];
  const tails = ['\\"', '\\\\', '\\\\\\"', '\\\\\\\\', '\\"}', '\\",\\"model\\":\\"b', '{[', 'é€😀'];

  test.each(fillers.flatMap((filler) => tails.map((tail) => [filler.length, tail, filler] as const)))(
    '%i bytes and %s',
    (_length, tail, filler) => {
      const text = `{"a":"${filler}${tail}","b":"${tail}${filler}","model":"m"}`;
      const found = scanned(text);
      expect(found.memberCount).toBe(3);
      expect(readString(Buffer.from(text), found.members.model!)).toBe('m');
    },
  );

  test('control characters and unknown escapes are left to the engine', () => {
    expect(scan('{"a":"\u0001\\q"}').ok).toBe(true);
  });
});

describe('faults', () => {
  test.each([
    ['', 0, 'empty'],
    ['  \n', 3, 'empty'],
    ['[]', 0, "'['"],
    ['null', 0, "'n'"],
    ['\ufeff{}', 0, 'byte order mark'],
    ['{', 1, 'ends before the outermost object'],
    ['{"a"', 4, 'ends after the name'],
    ['{"a":', 5, 'ends where a value'],
    ['{"a":1', 6, 'ends before the outermost object'],
    ['{"a":1,}', 7, 'name in double quotes'],
    ['{,}', 1, 'name in double quotes'],
    ['{"a" 1}', 5, "':'"],
    ["{'a':1}", 1, 'name in double quotes'],
    ['{"a":1 "b":2}', 7, "',' or '}'"],
    ['{"a":"x', 7, 'inside the string that begins at byte 5'],
    ['{"a":"x\\"}', 10, 'inside the string'],
    ['{"a":[1,]}', 8, 'a value'],
    ['{"a":[1 2]}', 8, "','"],
    ['{"a":[1}', 7, 'closing bracket'],
    ['{"a":{"b":1]}', 11, 'closing bracket'],
    ['{"a":[', 6, 'array that begins at byte 5'],
    ['{"a":{"b"', 9, 'ends after the name'],
    ['{"a":{"b":{}', 12, 'object that begins at byte 5'],
    ['{"a":{1:2}}', 6, 'name in double quotes'],
    ['{"a":tru}', 8, "'true'"],
    ['{"a":nul', 8, "inside 'null'"],
    ['{"a":01}', 6, 'zero'],
    ['{"a":-}', 6, 'digit'],
    ['{"a":1.}', 7, 'digit'],
    ['{"a":1e}', 7, 'digit'],
    ['{"a":+1}', 5, 'a value'],
    ['{"a":[.5]}', 6, 'a value'],
    ['{"a":NaN}', 5, 'a value'],
    ['{"a":1}x', 7, 'nothing may follow'],
    ['{"a":1}{}', 7, 'nothing may follow'],
    ['{"a":1}\u0000', 7, 'byte 0x00'],
    ['{"a":\u00a01}', 5, 'byte 0xc2'],
  ])('%j at byte %i', (text, offset, detail) => {
    expect(scan(text)).toMatchObject({ ok: false, offset, detail: expect.stringContaining(detail) as string });
  });

  test('tell line and column', () => {
    expect(scan('{\n  "a": 1,\n  "b": ?\n}')).toMatchObject({ ok: false, line: 3, column: 8 });
  });
});

describe('depth', () => {
  const nested = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  test('reaches its limit and not further', () => {
    expect(scan(nested(jsonDepthMax)).ok).toBe(true);
    expect(scan(nested(jsonDepthMax + 1))).toMatchObject({ ok: false, offset: 5 + jsonDepthMax - 1 });
  });

  test('of millions is refused as quickly as any other', () => {
    expect(scan(`{"a":${'['.repeat(2_000_000)}`)).toMatchObject({ ok: false, offset: 5 + jsonDepthMax - 1 });
    expect(scan('{"a":'.repeat(500_000)).ok).toBe(false);
  });
});

describe('the last element of an array', () => {
  test('is the one that JSON.parse puts last', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.constantFrom('', ' ', '\n\t '), (values, space) => {
        const text = `{"n":[${space}${values.map((value) => JSON.stringify(value)).join(`${space},${space}`)}${space}]}`;
        const body = Buffer.from(text);
        const member = scanned(text).members.n!;
        const last = lastElement(body, member);
        expect(isEmpty(body, member)).toBe(values.length === 0);
        if (values.length === 0) expect(last).toBeUndefined();
        else expect(body.toString('utf8', last!.start, last!.end)).toBe(JSON.stringify(values.at(-1)));
      }),
    );
  });
});
