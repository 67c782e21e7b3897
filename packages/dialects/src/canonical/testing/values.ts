import fc from 'fast-check';
import type { JsonObject } from '../../openai/accumulate.ts';
import type { OpaqueState } from '../request.ts';

/** Something to read: never empty, and without halves of characters, which no UTF-8 can say. */
export const text: fc.Arbitrary<string> = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

export const base64: fc.Arbitrary<string> = fc
  .uint8Array({ minLength: 1, maxLength: 24 })
  .map((bytes) => Buffer.from(bytes).toString('base64'));

/** Names as every wire takes them. */
export const name: fc.Arbitrary<string> = fc.stringMatching(/^[a-z][a-z0-9_]{0,11}$/);

/** As it comes out of JSON.parse, without the name that sets a prototype. */
export const json: fc.Arbitrary<JsonObject> = fc
  .dictionary(fc.string({ maxLength: 6 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((object) => JSON.parse(JSON.stringify(object)) as JsonObject)
  .filter((object) => !JSON.stringify(object).includes('"__proto__"'));

/** JSON Schema in the vocabulary that every provider shares. */
export const schema: fc.Arbitrary<JsonObject> = fc
  .dictionary(
    name,
    fc.constantFrom<JsonObject>(
      { type: 'string', description: 'Its name' },
      { type: 'integer' },
      { type: 'array', items: { type: 'number' } },
      { type: 'string', enum: ['a', 'b'] },
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
    ),
    { maxKeys: 3 },
  )
  .map((properties) => ({
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }));

/** The forms in which each provider's own state comes. */
const FORMS: Readonly<Record<OpaqueState['from'], readonly string[]>> = {
  openai: ['encrypted'],
  gemini: ['thoughtSignature'],
  anthropic: ['signature', 'redacted'],
  bedrock: ['signature', 'redacted'],
};

export function state(from: readonly OpaqueState['from'][]): fc.Arbitrary<OpaqueState> {
  return fc
    .constantFrom(...from)
    .chain((provider) =>
      fc.record({ from: fc.constant(provider), form: fc.constantFrom(...FORMS[provider]), data: base64 }),
    );
}

/** The object, half of the time with more members where the wire has a place for them. */
export function sometimes<T extends object>(
  base: fc.Arbitrary<T>,
  has: boolean,
  more: () => fc.Arbitrary<Partial<T>>,
): fc.Arbitrary<T> {
  if (!has) return base;
  return fc.tuple(base, fc.option(more(), { freq: 1 })).map(([object, added]) => ({ ...object, ...added }));
}
