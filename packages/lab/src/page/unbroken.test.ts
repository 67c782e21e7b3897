import { expect, test } from 'vitest';
import { unbroken } from './unbroken.ts';

test('a number stays on the line of its unit, and of nothing else', () => {
  expect(unbroken('within 0.8 % of 20 ms, 12 k tokens in 3 min')).toBe(
    'within 0.8\u00A0% of 20\u00A0ms, 12\u00A0k tokens in 3\u00A0min',
  );
  expect(unbroken('2 steps, 3 hosts, 4 kinds')).toBe('2 steps, 3 hosts, 4 kinds');
});
