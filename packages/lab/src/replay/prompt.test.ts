import { expect, test } from 'vitest';
import { prefixBlockTokens } from '../workload/workload.ts';
import { promptOf } from './prompt.ts';

function wordsOf(...args: Parameters<typeof promptOf>): string[] {
  return promptOf(...args).split(' ');
}

test('a prompt has a word for each token, and the same seeds make the same one', () => {
  expect(wordsOf({ inputTokens: 1000 }, 1, 2)).toHaveLength(1000);
  expect(wordsOf({ inputTokens: 0 }, 1, 2)).toHaveLength(1);
  expect(promptOf({ inputTokens: 50 }, 1, 2)).toBe(promptOf({ inputTokens: 50 }, 1, 2));
  expect(promptOf({ inputTokens: 50 }, 1, 2)).not.toBe(promptOf({ inputTokens: 50 }, 1, 3));
  expect(promptOf({ inputTokens: 50 }, 1, 2)).not.toBe(promptOf({ inputTokens: 50 }, 2, 2));
});

test('every word is one token of the usual tokenizers: letters only, few of them', () => {
  for (const word of wordsOf({ inputTokens: 5000 }, 1)) expect(word).toMatch(/^[a-z]{2,8}$/);
});

test('prompts are equal as far as their leading blocks are, and no further', () => {
  const one = wordsOf({ inputTokens: 3 * prefixBlockTokens, prefix: [7, 8] }, 1, 1);
  const other = wordsOf({ inputTokens: 3 * prefixBlockTokens, prefix: [7, 9] }, 1, 2);
  const third = wordsOf({ inputTokens: 3 * prefixBlockTokens, prefix: [7, 8] }, 1, 3);
  const shared = (a: string[], b: string[]): number => a.findIndex((word, index) => word !== b[index]);
  expect(shared(one, other)).toBeGreaterThanOrEqual(prefixBlockTokens);
  expect(shared(one, other)).toBeLessThan(prefixBlockTokens + 20);
  expect(shared(one, third)).toBeGreaterThanOrEqual(2 * prefixBlockTokens);
  expect(shared(one, third)).toBeLessThan(2 * prefixBlockTokens + 20);
  expect(wordsOf({ inputTokens: 600, prefix: [7, 8] }, 1, 1)).toEqual(one.slice(0, 600));
});
