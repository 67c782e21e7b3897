import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keptIn, KeptInStream } from './kept-there.ts';

const EVENTS = [
  { type: 'response.created', response: { id: 'resp_1', output: [] } },
  { type: 'response.in_progress', response: { id: 'resp_1' } },
  { type: 'response.output_item.added', item: { type: 'reasoning', id: 'rs_1' } },
  { type: 'response.output_item.done', item: { type: 'reasoning', id: 'rs_1' } },
  { type: 'response.output_item.added', item: { type: 'message', id: 'msg_1' } },
  { type: 'response.output_text.delta', delta: '{"type":"response.output_item.done","item":{"id":"said"}}' },
  { type: 'response.output_item.done', item: { type: 'message', id: 'msg_1' } },
];
const TEXTS = EVENTS.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);

test('a stream tells its answer and each item once, whichever of its events come together', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: TEXTS.length })), (cuts) => {
      const stream = new KeptInStream();
      const places = [0, ...cuts.toSorted((a, b) => a - b), TEXTS.length];
      for (let i = 1; i < places.length; i += 1)
        stream.push(Buffer.from(TEXTS.slice(places[i - 1], places[i]).join('')));
      expect(stream.kept).toEqual({ id: 'resp_1', items: ['rs_1', 'msg_1'] });
    }),
  );
});

test('containers that code ran in are told as well', () => {
  const items = [
    { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' },
    { type: 'code_interpreter_call', id: 'ci_2', container_id: 'cntr_1' },
    { type: 'shell_call', id: 'sh_1', environment: { type: 'container_reference', container_id: 'cntr_2' } },
    { type: 'shell_call', id: 'sh_2', environment: null },
  ];
  const names = ['ci_1', 'cntr_1', 'ci_2', 'sh_1', 'cntr_2', 'sh_2'];
  expect(keptIn(Buffer.from(JSON.stringify({ id: 'resp_1', output: items })))).toEqual({ id: 'resp_1', items: names });
  const stream = new KeptInStream();
  stream.push(Buffer.from(TEXTS[0]!));
  for (const item of items) {
    stream.push(Buffer.from(`data: ${JSON.stringify({ type: 'response.output_item.added', item })}\n\n`));
  }
  expect(stream.kept).toEqual({ id: 'resp_1', items: names });
});

test('what is no event of the wire tells nothing, and breaks nothing', () => {
  const stream = new KeptInStream();
  stream.push(Buffer.from('data: [DONE]\n\ndata: null\n\ndata: {"response":null}\n\n'));
  expect(stream.kept).toBeNull();
  stream.push(
    Buffer.from(
      `${TEXTS[0]!}data: "response.output_item.\n\ndata: {"type":"response.output_item.done","item":null}\n\n`,
    ),
  );
  expect(stream.kept).toEqual({ id: 'resp_1', items: [] });
});

test('a provider that names no answer keeps none', () => {
  const stream = new KeptInStream();
  for (let i = 0; i < 10; i += 1)
    stream.push(Buffer.from('data: {"type":"response.output_item.done","item":{"id":"a"}}\n\n'));
  expect(stream.kept).toBeNull();
});

test.each([
  [
    { id: 'resp_1', output: [{ id: 'msg_1' }, null, { id: 7 }, { type: 'function_call', id: 'fc_1' }] },
    ['msg_1', 'fc_1'],
  ],
  [{ id: 'resp_1' }, []],
])('an answer in one piece: %j', (answer, items) => {
  expect(keptIn(Buffer.from(JSON.stringify(answer)))).toEqual({ id: 'resp_1', items });
});

test('an answer without an id is kept nowhere', () => {
  expect(keptIn(Buffer.from('{"output":[]}'))).toBeNull();
});
