import type { Seed } from './hash.ts';
import { wordAt } from './vocabulary.ts';

type Schema = Readonly<Record<string, unknown>>;

/** A schema that nests deeper than this, by reference or by hand, is refused. */
const schemaDepthMax = 32;
const arrayItemsMax = 64;

/** The schema asks for something that no instance can be made for here. */
export class SchemaProblem extends Error {}

const formats: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  email: 'harbor@example.com',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  hostname: 'example.com',
};

/** The smallest instance of a JSON schema: only what is required. Its free strings are words drawn from the seed. */
export function jsonInstance(schema: unknown, seed: Seed): unknown {
  let drawn = 0;
  const root = schema;
  return build(schema, 0);

  function build(node: unknown, depth: number): unknown {
    if (depth > schemaDepthMax) throw new SchemaProblem(`the schema nests deeper than ${schemaDepthMax} levels`);
    if (node === true || node === undefined) return {};
    if (!isSchema(node)) throw new SchemaProblem('a schema must be an object');
    if ('const' in node) return node['const'];
    if (Array.isArray(node['enum']) && node['enum'].length > 0) return node['enum'][0];
    if (typeof node['$ref'] === 'string') return build(resolve(node['$ref']), depth + 1);
    for (const choice of ['anyOf', 'oneOf']) {
      const options = node[choice];
      if (Array.isArray(options) && options.length > 0) return build(options[0], depth + 1);
    }
    if (Array.isArray(node['allOf'])) return build(merge(node, node['allOf']), depth + 1);
    return buildType(node, depth);
  }

  function buildType(node: Schema, depth: number): unknown {
    const type: unknown = Array.isArray(node['type']) ? node['type'][0] : node['type'];
    switch (type) {
      case 'string':
        return text(node);
      case 'integer':
      case 'number':
        return number(node, type === 'integer');
      case 'boolean':
        return true;
      case 'null':
        return null;
      case 'array':
        return items(node, depth);
      case 'object':
      case undefined:
        return members(node, depth);
      default:
        throw new SchemaProblem(`the schema has an unknown type ${JSON.stringify(type)}`);
    }
  }

  function members(node: Schema, depth: number): Record<string, unknown> {
    const properties = isSchema(node['properties']) ? node['properties'] : {};
    const required: readonly unknown[] = Array.isArray(node['required']) ? node['required'] : [];
    return Object.fromEntries(
      required
        .filter((name) => typeof name === 'string')
        .map((name) => [
          name,
          build(Object.hasOwn(properties, name) ? properties[name] : { type: 'string' }, depth + 1),
        ]),
    );
  }

  function items(node: Schema, depth: number): unknown[] {
    const least = typeof node['minItems'] === 'number' ? node['minItems'] : 0;
    if (least > arrayItemsMax) throw new SchemaProblem(`the schema asks for more than ${arrayItemsMax} items`);
    const prefix: readonly unknown[] = Array.isArray(node['prefixItems']) ? node['prefixItems'] : [];
    return Array.from({ length: least }, (_, index) => build(prefix[index] ?? node['items'], depth + 1));
  }

  function text(node: Schema): string {
    const format = typeof node['format'] === 'string' ? formats[node['format']] : undefined;
    if (format !== undefined) return format;
    const least = typeof node['minLength'] === 'number' ? node['minLength'] : 0;
    const most = typeof node['maxLength'] === 'number' ? node['maxLength'] : Infinity;
    return wordAt(seed, drawn++).replace(/\W/g, '').padEnd(least, 'a').slice(0, most);
  }

  function number(node: Schema, whole: boolean): number {
    const step = typeof node['multipleOf'] === 'number' && node['multipleOf'] > 0 ? node['multipleOf'] : 1;
    let least = typeof node['minimum'] === 'number' ? node['minimum'] : 0;
    if (typeof node['exclusiveMinimum'] === 'number') least = Math.max(least, node['exclusiveMinimum'] + step);
    if (typeof node['maximum'] === 'number') least = Math.min(least, node['maximum']);
    if (typeof node['exclusiveMaximum'] === 'number') least = Math.min(least, node['exclusiveMaximum'] - step);
    return whole || node['multipleOf'] !== undefined ? Math.ceil(least / step) * step : least;
  }

  function resolve(reference: string): unknown {
    if (!reference.startsWith('#')) throw new SchemaProblem(`the schema refers to ${reference}, outside of itself`);
    let node = root;
    for (const part of reference.split('/').slice(1)) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      if (!isSchema(node) || !Object.hasOwn(node, name)) throw new SchemaProblem(`the schema has no ${reference}`);
      node = node[name];
    }
    return node;
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function merge(node: Schema, parts: readonly unknown[]): Schema {
  const { allOf: _, ...own } = node;
  let merged: Schema = own;
  for (const part of parts) {
    if (!isSchema(part)) throw new SchemaProblem('a schema must be an object');
    merged = {
      ...merged,
      ...part,
      properties: { ...asObject(merged['properties']), ...asObject(part['properties']) },
      required: [...asArray(merged['required']), ...asArray(part['required'])],
    };
  }
  return merged;
}

function asObject(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
