import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasTooManyValues } from './values.ts';

function valuesIn(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, each) => sum + valuesIn(each), 0) || 1;
  if (typeof value !== 'object' || value === null) return 1;
  // A member is a name and a value.
  return Object.values(value).reduce<number>((sum, each) => sum + 1 + valuesIn(each), 0) || 1;
}

test('counts what a parser would make of it, whatever strings hold', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const body = Buffer.from(JSON.stringify(value));
      const count = valuesIn(value);
      expect(hasTooManyValues(body, count)).toBe(false);
      if (count > 1) expect(hasTooManyValues(body, count - 1)).toBe(true);
    }),
  );
});

test('a picture is one value, and a list of numbers many', () => {
  expect(hasTooManyValues(Buffer.from(JSON.stringify([',:'.repeat(1_000_000)])))).toBe(false);
  expect(hasTooManyValues(Buffer.from(`[${'0,'.repeat(300_000)}0]`))).toBe(true);
});
