import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from './load.ts';
import { formatProblems } from './problems.ts';
import { configJsonSchema } from './schema.ts';

const DOCS = new URL('../../../../docs/', import.meta.url);

function doc(name: string): string {
  return readFileSync(new URL(name, DOCS), 'utf8');
}

test('the published schema is what the code checks (`node packages/gateway/scripts/schema.ts` writes it)', () => {
  expect(JSON.parse(doc('offpeak.schema.json'))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
});

test('the examples of the documentation are valid', () => {
  const blocks = [...doc('configuration.md').matchAll(/^```yaml\n(.*?)^```/gms)].map((match) => match[1] ?? '');
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) {
    const names = [...block.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '');
    const result = loadConfig(block, { env: Object.fromEntries(names.map((name) => [name, 'k'])) });
    expect(result.ok ? '' : formatProblems(result.problems)).toBe('');
  }
});

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly description?: string;
}

function keysOf(node: SchemaNode): string[] {
  const choices = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  const inside = [...Object.values(node.properties ?? {}), ...(node.items ? [node.items] : []), ...choices];
  return [...Object.keys(node.properties ?? {}), ...inside.flatMap(keysOf)];
}

test('every key is in the documentation', () => {
  const text = doc('configuration.md');
  const keys = new Set(keysOf(configJsonSchema()));
  expect(keys.size).toBeGreaterThan(40);
  const missing = [...keys].filter((key) => !new RegExp(`[\`.{ ]${key}[\`:,. }]`).test(text));
  expect(missing).toEqual([]);
});

test('the defaults of the documentation are the defaults', () => {
  const server = (
    configJsonSchema() as { properties: { server: { properties: Record<string, { default?: unknown }> } } }
  ).properties.server.properties;
  const text = doc('configuration.md');
  for (const [key, { default: value }] of Object.entries(server)) {
    expect(text).toContain(`| \`${key}\` | \`${String(value)}\` |`);
  }
});
