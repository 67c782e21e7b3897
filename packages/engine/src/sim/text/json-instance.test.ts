import { describe, expect, it } from 'vitest';
import { jsonInstance, SchemaProblem } from './json-instance.ts';

const seed = { high: 1, low: 2 };

describe('jsonInstance', () => {
  it('fills in what is required and nothing else', () => {
    const schema = {
      type: 'object',
      properties: {
        city: { type: 'string' },
        days: { type: 'integer', minimum: 3 },
        unit: { enum: ['c', 'f'] },
        tags: { type: 'array', items: { type: 'boolean' }, minItems: 2 },
        maybe: { type: ['null', 'string'] },
        ignored: { type: 'string' },
      },
      required: ['city', 'days', 'unit', 'tags', 'maybe'],
    };
    const instance = jsonInstance(schema, seed);
    expect(instance).toEqual({
      city: expect.stringMatching(/^\w+$/),
      days: 3,
      unit: 'c',
      tags: [true, true],
      maybe: null,
    });
    expect(jsonInstance(schema, seed)).toEqual(instance);
  });

  it('follows references, alternatives and combinations', () => {
    const schema = {
      $defs: { point: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
      allOf: [
        { properties: { at: { $ref: '#/$defs/point' } }, required: ['at'] },
        { properties: { kind: { anyOf: [{ const: 'dot' }, { const: 'line' }] } }, required: ['kind'] },
      ],
    };
    expect(jsonInstance(schema, seed)).toEqual({ at: { x: 0 }, kind: 'dot' });
  });

  it.each([
    [{ type: 'integer', exclusiveMinimum: 4 }, 5],
    [{ type: 'number', minimum: 7, multipleOf: 5 }, 10],
    [{ type: 'integer', maximum: -3 }, -3],
    [{ type: 'string', format: 'date' }, '2026-01-01'],
    [true, {}],
  ])('satisfies %j', (schema, expected) => {
    expect(jsonInstance(schema, seed)).toEqual(expected);
  });

  it('keeps strings within their lengths', () => {
    expect(jsonInstance({ type: 'string', minLength: 20, maxLength: 20 }, seed)).toHaveLength(20);
  });

  it.each([
    [{ $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' }, 'nests deeper'],
    [{ $ref: '#/$defs/none' }, 'has no #/$defs/none'],
    [{ $ref: 'https://example.com/schema' }, 'outside of itself'],
    [{ type: 'array', minItems: 1e9 }, 'more than 64 items'],
    [{ type: 'colour' }, 'unknown type'],
  ])('refuses %j', (schema, message) => {
    expect(() => jsonInstance(schema, seed)).toThrow(SchemaProblem);
    expect(() => jsonInstance(schema, seed)).toThrow(message);
  });
});
