import { isExactNumber, plainNumber } from '../json/exact.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import { ProtoFields } from './proto-fields.ts';

const TYPES = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL'];

/** As int64 of a proto they are sent as strings. */
const BOUNDS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties'] as const;

/**
 * The wire's older form of a schema, a subset of OpenAPI 3.0's, as JSON Schema that says the same. The other way round is never needed:
 * the wire takes JSON Schema as well, in members of their own.
 */
export function jsonSchemaOf(node: ProtoFields): JsonObject {
  const nullable = node.flag('nullable') ?? false;
  const schema: JsonObject = {
    ...typeOf(node, nullable),
    ...formatOf(node),
    ...present('title', node.text('title')),
    ...present('description', node.text('description')),
    ...enumOf(node, nullable),
    ...present('default', node.take('default')),
    ...present('pattern', node.text('pattern')),
    ...present('minimum', figureOf(node, 'minimum')),
    ...present('maximum', figureOf(node, 'maximum')),
  };
  for (const name of BOUNDS) Object.assign(schema, present(name, boundOf(node, name)));
  const example = node.take('example');
  if (example !== undefined) schema['examples'] = [example];
  Object.assign(schema, containersOf(node), anyOfOf(node, nullable));
  node.finish();
  return schema;
}

function present(name: string, value: unknown): JsonObject {
  return value === undefined ? {} : { [name]: value };
}

function typeOf(node: ProtoFields, nullable: boolean): JsonObject {
  const word = node.word('type');
  if (word === undefined || word === 'TYPE_UNSPECIFIED') return {};
  if (!TYPES.includes(word)) throw node.invalid('type', `it must be one of ${TYPES.join(', ')}`);
  const type = word.toLowerCase();
  return { type: nullable && type !== 'null' ? [type, 'null'] : type };
}

/** `enum` as a format says nothing that the list of values does not. */
function formatOf(node: ProtoFields): JsonObject {
  const format = node.text('format');
  return format === 'enum' ? {} : present('format', format);
}

function enumOf(node: ProtoFields, nullable: boolean): JsonObject {
  const values = node.texts('enum');
  if (values === undefined) return {};
  return { enum: nullable ? [...values, null] : values };
}

/** A number of any size. */
function figureOf(node: ProtoFields, name: 'minimum' | 'maximum'): unknown {
  const sent = node.take(name);
  if (sent === undefined || typeof sent === 'number' || isExactNumber(sent)) return sent;
  throw node.invalid(name, 'it must be a number');
}

function boundOf(node: ProtoFields, name: (typeof BOUNDS)[number]): number | undefined {
  const sent = plainNumber(node.take(name));
  if (sent === undefined) return undefined;
  const value = typeof sent === 'string' && sent !== '' ? Number(sent) : sent;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw node.invalid(name, 'it must be a whole number from 0 on');
}

function containersOf(node: ProtoFields): JsonObject {
  const items = node.object('items');
  const extra = node.take('additionalProperties');
  return {
    ...present('items', items === undefined ? undefined : jsonSchemaOf(items)),
    ...propertiesOf(node),
    ...present('required', node.texts('required')),
    ...present(
      'additionalProperties',
      extra === undefined || typeof extra === 'boolean'
        ? extra
        : jsonSchemaOf(new ProtoFields(extra, node.at('additionalProperties'))),
    ),
  };
}

/** JSON Schema has no word for an order but the order itself. Names are the client's own, in whatever case. */
function propertiesOf(node: ProtoFields): JsonObject {
  const properties = node.json('properties');
  const order = node.texts('propertyOrdering') ?? [];
  if (properties === undefined) return {};
  const path = node.at('properties');
  const names = Object.keys(properties);
  const ranks = new Map(order.map((name, index) => [name, index]));
  const rankOf = (name: string): number => ranks.get(name) ?? order.length;
  const sorted = names.toSorted((a, b) => rankOf(a) - rankOf(b));
  return {
    properties: Object.fromEntries(
      sorted.map((name) => [name, jsonSchemaOf(new ProtoFields(properties[name], `${path}.${name}`))]),
    ),
  };
}

function anyOfOf(node: ProtoFields, nullable: boolean): JsonObject {
  if (!node.names.includes('anyOf')) return {};
  const options = node.entries('anyOf').map(jsonSchemaOf);
  return { anyOf: nullable ? [...options, { type: 'null' }] : options };
}
