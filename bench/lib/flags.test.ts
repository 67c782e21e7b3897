import { describe, expect, it } from 'vitest';
import { flagsOf, listed, numbers, wholeNumbers } from './flags.ts';

describe('flags', () => {
  it('takes words that are allowed, and says which are', () => {
    expect(listed('b, a', '--only', ['a', 'b', 'c'])).toEqual(['b', 'a']);
    expect(listed(undefined, '--only', ['a', 'b'])).toEqual(['a', 'b']);
    expect(() => listed('a,x', '--only', ['a', 'b'])).toThrow("--only knows no 'x'; allowed: a, b");
  });

  it('takes numbers within their bounds', () => {
    expect(numbers('0.25,0.5', '--loads', { min: 0, max: 1 })).toEqual([0.25, 0.5]);
    expect(numbers(undefined, '--loads', { min: 0, max: 1 })).toBeUndefined();
    for (const wrong of ['2', 'some', '0.5,', '-1']) {
      expect(() => numbers(wrong, '--loads', { min: 0, max: 1 })).toThrow('--loads takes numbers from 0 to 1');
    }
    expect(wholeNumbers('1,4', '--engines', { min: 1, max: 64 })).toEqual([1, 4]);
    expect(() => wholeNumbers('1.5', '--engines', { min: 1, max: 64 })).toThrow("whole numbers, not '1.5'");
  });

  it('refuses what is no option, with the usage', () => {
    expect(() => flagsOf(['--nonsense'], {}, 'how to use it')).toThrow(/--nonsense[^]*how to use it/);
  });
});
