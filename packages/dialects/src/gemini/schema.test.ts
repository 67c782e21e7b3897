import { describe, expect, test } from 'vitest';
import { Undecodable } from '../canonical/feature.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { ProtoFields } from './proto-fields.ts';
import { jsonSchemaOf } from './schema.ts';

function convert(schema: JsonObject): JsonObject {
  return jsonSchemaOf(new ProtoFields(schema, 'parameters'));
}

describe('the older form of a schema', () => {
  test('is said in JSON Schema, with nothing lost', () => {
    const schema = {
      type: 'OBJECT',
      title: 'Order',
      description: 'An order',
      required: ['items', 'note'],
      propertyOrdering: ['note', 'items'],
      maxProperties: '3',
      properties: {
        items: { type: 'array', items: { type: 'INTEGER', format: 'int32', minimum: 1, maximum: 9 }, min_items: '1' },
        note: { type: 'STRING', nullable: true, pattern: '^a', maxLength: 5, example: 'abc', default: 'a' },
        kind: { type: 'STRING', format: 'enum', enum: ['x', 'y'], nullable: true },
        either: { anyOf: [{ type: 'STRING' }, { type: 'NUMBER' }], nullable: true },
        any: { type: 'TYPE_UNSPECIFIED' },
        snake_case: { type: 'BOOLEAN' },
      },
    };
    expect(convert(schema)).toEqual({
      type: 'object',
      title: 'Order',
      description: 'An order',
      required: ['items', 'note'],
      maxProperties: 3,
      properties: {
        note: { type: ['string', 'null'], pattern: '^a', maxLength: 5, examples: ['abc'], default: 'a' },
        items: { type: 'array', items: { type: 'integer', format: 'int32', minimum: 1, maximum: 9 }, minItems: 1 },
        kind: { type: ['string', 'null'], enum: ['x', 'y', null] },
        either: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'null' }] },
        any: {},
        snake_case: { type: 'boolean' },
      },
    });
  });

  test('keeps the order that it asks for', () => {
    const properties = { a: {}, b: {}, c: {} };
    const converted = convert({ properties, propertyOrdering: ['c', 'b'] });
    expect(Object.keys(converted['properties'] as JsonObject)).toEqual(['c', 'b', 'a']);
  });

  test.each<[JsonObject, string]>([
    [{ type: 'TUPLE' }, 'parameters.type'],
    [{ properties: { a: { items: { minItems: '-1' } } } }, 'parameters.properties.a.items.minItems'],
    [{ any_of: [{ enum: [1] }] }, 'parameters.any_of[0].enum'],
    [{ properties: { a: 'string' } }, 'parameters.properties.a'],
    [{ if: { type: 'STRING' } }, 'parameters.if'],
  ])('%j is refused at %s', (schema, param) => {
    expect(() => convert(schema)).toThrow(Undecodable);
    expect(() => convert(schema)).toThrow(expect.objectContaining({ param }) as Error);
  });
});
