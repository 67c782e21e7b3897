import { describe, expect, it } from 'vitest';
import { textTable, threeDigits } from './table.ts';

describe('textTable', () => {
  it('aligns names left and numbers right, and fills short rows', () => {
    expect(textTable(['proxy', 'us'], [['nginx', '15.3'], ['offpeak']])).toBe(
      ['proxy      us', '-------  ----', 'nginx    15.3', 'offpeak'].join('\n'),
    );
  });
});

describe('threeDigits', () => {
  it('keeps three digits at every size', () => {
    expect([0, 0.1234, 1.234, 12.34, 123.4, 12345.6, Number.NaN].map(threeDigits)).toEqual([
      '0.00',
      '0.12',
      '1.23',
      '12.3',
      '123',
      '12,346',
      '-',
    ]);
  });
});
