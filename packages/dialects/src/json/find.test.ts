import { expect, test } from 'vitest';
import { lookedUpItems } from '../responses/looked-up-items.ts';
import { findMembers } from './find.ts';
import { compileNames } from './names.ts';

const NAMES = compileNames(['id']);

/** Which of the forms each `id` of the body is at. */
function placesOf(body: string, forms: readonly (readonly string[])[]): number[][] {
  const places: number[][] = [];
  findMembers(Buffer.from(body), NAMES, ({ isAt }) => {
    places.push(forms.flatMap((form, index) => (isAt(form) ? [index] : [])));
    return 'into';
  });
  return places;
}

test.each([
  ['{"input":{"id":1}}', true],
  ['{"\\u0069\\u006e\\u0070\\u0075\\u0074":{"id":1}}', true],
  ['{"inpu\\u0074":{"id":1}}', true],
  ['{"inpu\\u0074s":{"id":1}}', false],
  ['{"\\"nput":{"id":1}}', false],
  ['{"inputs":{"id":1}}', false],
  ['{"inpu":{"id":1}}', false],
  ['{"":{"id":1}}', false],
  ['{"input\\\\":{"id":1}}', false],
  ['[{"id":1}]', false],
])('in %s the id is in an input: %s', (body, isThere) => {
  expect(placesOf(body, [['input', 'id']])).toEqual([isThere ? [0] : []]);
});

test('an index is one of a list, and a name may look like one', () => {
  const forms = [
    ['a', '#', 'id'],
    ['a', '*', 'id'],
  ];
  expect(placesOf('{"a":[{"id":1}]}', forms)).toEqual([[0, 1]]);
  expect(placesOf('{"a":{"0":{"id":1}}}', forms)).toEqual([[1]]);
});

/** Read anew for each member below it, a name of this length would take minutes. */
const LONG = 'x'.repeat(4_000_000);
const MANY = '{"type":"message","id":"a"},'.repeat(5_000).slice(0, -1);

test.each([
  `{"${LONG}":[${MANY}]}`,
  `{"input":{"${LONG}":[${MANY}]}}`,
  `{"input":{"${LONG}":{${'"id":"a",'.repeat(5_000).slice(0, -1)}}}}`,
  `{"\\u0069${LONG}":[${MANY}]}`,
])('however long a name is, it is not read for each member that it has', (body) => {
  expect(lookedUpItems(Buffer.from(body), 100)).toEqual([]);
});
