import { expect, test } from 'vitest';
import { readCounts, usageOf, withContainer, type Counts } from './usage.ts';

test('what each of many counts says again is kept once', () => {
  let counts: Counts = {};
  for (let i = 0; i < 100; i += 1) {
    counts = withContainer(readCounts({ input_tokens: 7, speed: 'fast', inference_geo: 'us' }, counts), {
      container: { id: 'c' },
    });
  }
  expect(counts.extras).toEqual(['fast', 'in-us', 'tools']);
  expect(usageOf(counts)).toMatchObject({ input: 7, extras: ['fast', 'in-us', 'tools'] });
});
