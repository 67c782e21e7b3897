interface Schema {
  readonly [word: string]: unknown;
}

/** One value that matches a JSON schema, for the words that tools and formats use. */
export function sampleOf(schema: unknown): unknown {
  return sampled(asSchema(schema), asSchema(schema));
}

function sampled(schema: Schema, root: Schema): unknown {
  if (typeof schema['$ref'] === 'string') return sampled(referred(schema['$ref'], root), root);
  if ('const' in schema) return schema['const'];
  const choices = schema['enum'] ?? schema['examples'];
  if (Array.isArray(choices)) return choices[0];
  const options = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf'];
  if (Array.isArray(options)) return sampled(asSchema(options[0]), root);
  return ofType(typeOf(schema), schema, root);
}

function ofType(type: string, schema: Schema, root: Schema): unknown {
  switch (type) {
    case 'string':
      return 'text';
    case 'integer':
    case 'number':
      return typeof schema['minimum'] === 'number' ? schema['minimum'] : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [sampled(asSchema(schema['items']), root)];
    default: {
      const properties = Object.entries(asSchema(schema['properties']));
      return Object.fromEntries(properties.map(([name, inner]) => [name, sampled(asSchema(inner), root)]));
    }
  }
}

/** Gemini writes types in capitals; a list of types has the wanted one first. */
function typeOf(schema: Schema): string {
  const type = Array.isArray(schema['type']) ? (schema['type'] as unknown[])[0] : schema['type'];
  return typeof type === 'string' ? type.toLowerCase() : 'object';
}

function referred(ref: string, root: Schema): Schema {
  const steps = ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '');
  return steps.reduce<Schema>((schema, step) => asSchema(schema[step]), root);
}

function asSchema(value: unknown): Schema {
  return value !== null && typeof value === 'object' ? (value as Schema) : {};
}
