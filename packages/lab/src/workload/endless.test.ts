import { expect, test } from 'vitest';
import { EndlessFlex } from './endless.ts';

function first(count: number, options: ConstructorParameters<typeof EndlessFlex>[0]): unknown[] {
  const flex = new EndlessFlex(options);
  return Array.from({ length: count }, () => flex.next());
}

test('the same seed draws the same requests, another seed others', () => {
  expect(first(100, { seed: 5 })).toEqual(first(100, { seed: 5 }));
  expect(first(100, { seed: 6 })).not.toEqual(first(100, { seed: 5 }));
});

test('it goes on after its lengths are through, and draws nothing but them', () => {
  const pairs = [
    { inputTokens: 3, outputTokens: 30 },
    { inputTokens: 4, outputTokens: 40 },
  ];
  const flex = first(1_000, { lengths: { title: 'two.csv', pairs } });
  expect(flex.every((one) => pairs.includes(one as (typeof pairs)[number]))).toBe(true);
  expect(flex.filter((one) => one === pairs[0]).length).toBeGreaterThan(400);
  expect(new EndlessFlex({ lengths: { title: 'two.csv', pairs } }).title).toBe('two.csv');
});

test('no lengths at all are refused', () => {
  expect(() => new EndlessFlex({ lengths: { title: 'none.csv', pairs: [] } })).toThrow(
    'the lengths none.csv are empty',
  );
});
