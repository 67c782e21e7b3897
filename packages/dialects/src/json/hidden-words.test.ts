import { expect, test } from 'vitest';
import { hidesWords } from './hidden-words.ts';

test.each([
  ['{"file_id":"caf\\u00e9 \\u003cb\\u003e \\u0022 \\u0000"}', false],
  ['{"\\u0066ile":1}', true],
  ['{"file\\u005Fid":1}', true],
  ['{"s\\u0033Location":1}', true],
  ['{}', false],
  ['"\\u00', false],
])('%s hides words: %s', (text, isHidden) => {
  expect(hidesWords(Buffer.from(text))).toBe(isHidden);
});

test('a text that is nearly all escapes is not gone through to its end', () => {
  expect(hidesWords(Buffer.from('\\u00e9'.repeat(1_001)))).toBe(true);
});
