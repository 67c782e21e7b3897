import fc from 'fast-check';
import { expect, test } from 'vitest';
import { protectReferences, substitute } from './substitute.ts';

test('whole, part, several, and none', () => {
  const env = { A: 'x', B_2: '' };
  expect(substitute('${A}', env)).toEqual({ text: 'x', replaced: true, problems: [] });
  expect(substitute('<${A}-${A}${B_2}>', env).text).toBe('<x-x>');
  expect(substitute('$A $(A) {A} $', env)).toEqual({ text: '$A $(A) {A} $', replaced: false, problems: [] });
});

test('a value is not looked through again', () => {
  expect(substitute('${A}', { A: '${B}', B: 'secret' }).text).toBe('${B}');
});

test.each([
  ['${NOPE}', 'the environment variable NOPE is not set'],
  ['${A B}', '${A B} is not the name of an environment variable'],
  ['${}', '${} is not the name'],
  ['${constructor}', 'the environment variable constructor is not set'],
  ['x${A', 'a ${ has no closing }'],
])('%s is refused', (text, message) => {
  const env = { A: 'x' };
  const { problems, replaced } = substitute(text, env);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(message);
  expect(replaced).toBe(false);
});

test('any text survives when its references are escaped', () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom('$', '{', '}', '${', '$${', '${A}'), fc.string()));
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      const result = substitute(
        text.replaceAll('${', () => '$${'),
        { A: 'x' },
      );
      expect(result).toEqual({ text, replaced: false, problems: [] });
    }),
  );
});

test('values are put in as they are, dollars and all', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (value, around) => {
      const plain = around.replaceAll('$', '');
      expect(substitute(`${plain}\${V}${plain}`, { V: value }).text).toBe(`${plain}${value}${plain}`);
    }),
  );
});

test('protecting keeps every position', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const source = `{ a: \${KEY}, b: ${text} }`;
      expect(protectReferences(source)).toHaveLength(source.length);
    }),
  );
});
