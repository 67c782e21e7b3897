import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';
import { collectProcessMetrics } from './process.ts';

test('the documentation lists every metric, with its type, and no other', () => {
  const { registry } = createMetrics();
  collectProcessMetrics(registry)();
  const defined = [...registry.expose().matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((match) => `${match[1]} ${match[2]}`);
  const text = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  const listed = [...text.matchAll(/^\| `(\S+)` \| (\w+)/gm)].map((match) => `${match[1]} ${match[2]}`);
  expect(listed.sort()).toEqual(defined.sort());
});
