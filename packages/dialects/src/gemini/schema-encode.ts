import { isExactNumber } from '../json/exact.ts';
import { isObject, type JsonObject } from '../openai/accumulate.ts';

/** Members that hold a schema, a list of them, or one by name. */
const ONE = ['items', 'additionalProperties', 'not'];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const NAMED = ['properties', '$defs', 'definitions'];

/** The wire takes JSON Schema but for a few words. A single allowed value is said as a list of one. */
export function wireSchema(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).map(([name, value]): [string, unknown] => {
    if (name === 'const') return ['enum', [value]];
    if (ONE.includes(name)) return [name, inner(value)];
    if (LISTS.includes(name) && Array.isArray(value)) return [name, value.map(inner)];
    if (NAMED.includes(name) && isObject(value)) return [name, byName(value)];
    return [name, value];
  });
  return Object.fromEntries(entries);
}

function inner(value: unknown): unknown {
  return isObject(value) && !isExactNumber(value) ? wireSchema(value) : value;
}

function byName(schemas: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, value]) => [name, inner(value)]));
}
