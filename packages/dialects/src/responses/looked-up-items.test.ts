import { describe, expect, test } from 'vitest';
import { ownItemId } from './item-ids.ts';
import { lookedUpItems } from './looked-up-items.ts';

function found(input: unknown): string[] {
  const body = typeof input === 'string' ? input : JSON.stringify({ model: 'm', reasoning: { effort: 'low' }, input });
  return lookedUpItems(Buffer.from(body), 100).map(({ param, id }) => `${param} ${id}`);
}

test('what OpenAI would look up, and nothing that says all itself', () => {
  const message = { type: 'message', id: 'msg_0', role: 'user', content: [{ type: 'item_reference', id: 'inner' }] };
  expect(
    found([
      message,
      { type: 'item_reference', id: 'msg_1' },
      { type: 'reasoning', id: 'rs_2', summary: [] },
      { type: 'reasoning', id: 'rs_3', summary: [], encrypted_content: 'x' },
      { type: 'reasoning', id: 'rs_4', summary: [], encrypted_content: null },
      { type: 'image_generation_call', id: 'ig_5' },
      { type: 'image_generation_call', id: 'ig_6', result: 'AAAA' },
      { type: 'function_call', id: 'fc_7', call_id: 'c', name: 'f', arguments: '{"type":"item_reference"}' },
      { type: 'item_reference', id: ownItemId('msg', 'resp_1', 0) },
      { type: 'reasoning', summary: [] },
      { id: 'msg_10' },
      { type: null, id: 'msg_11' },
      { id: 'msg_12', role: 'user', content: 'Hi' },
      { id: 'msg_13', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
      { id: 'msg_14', role: 'user' },
    ]),
  ).toEqual([
    'input[1].id msg_1',
    'input[2].id rs_2',
    'input[4].id rs_4',
    'input[5].id ig_5',
    'input[10].id msg_10',
    'input[11].id msg_11',
    'input[14].id msg_14',
  ]);
});

test('the containers that earlier calls ran in', () => {
  expect(
    found([
      { type: 'code_interpreter_call', id: 'ci_0', container_id: 'cntr_0', code: '', status: 'completed' },
      { type: 'shell_call', id: 'sh_1', environment: { type: 'container_reference', container_id: 'cntr_1' } },
      { type: 'shell_call', id: 'sh_2', environment: { type: 'local' } },
      { role: 'user', content: [{ type: 'input_text', text: 'Hi', container_id: 'cntr_3' }] },
      { type: 'code_interpreter_call', id: 'ci_4', container_id: '', code: '' },
    ]),
  ).toEqual(['input[0].container_id cntr_0', 'input[1].environment.container_id cntr_1']);
  expect(found('{"input":[{"c\\u006fntainer_id":"a","container_id":"b"}]}')).toEqual([
    'input[0].container_id a',
    'input[0].container_id b',
  ]);
});

test('a text names none', () => {
  expect(found('{"model":"m","input":"an \\"item_reference\\" with {\\"id\\":\\"msg_1\\"}"}')).toEqual([]);
});

test('neither twins nor escapes hide one', () => {
  expect(found('{"input":[{"type":"\\u0069tem_reference","i\\u0064":"msg_1"}]}')).toEqual(['input[0].id msg_1']);
  expect(found('{"input":[{"type":"item_reference","type":"message","id":"a","id":"b"}]}')).toEqual([
    'input[0].id a',
    'input[0].id b',
  ]);
  expect(found('{"input":[{"type":"reasoning","id":"a","encrypted_content":"x","encrypted_content":null}]}')).toEqual([
    'input[0].id a',
  ]);
});

describe('more than anybody has', () => {
  const own = `{"type":"item_reference","id":"${ownItemId('msg', 'resp_1', 0)}"}`;

  test('is not gone through to its end', () => {
    const body = Buffer.from(`{"input":[${Array<string>(1_000).fill('{"id":"a"}').join(',')}]}`);
    expect(lookedUpItems(body, 10).map(({ param }) => param)).toEqual(
      Array.from({ length: 12 }, (_, index) => `input[${index}].id`),
    );
  });

  test('hides nothing behind it', () => {
    const many = (entry: string): string => Array<string>(50).fill(entry).join(',');
    expect(lookedUpItems(Buffer.from(`{"input":[${many(own)},{"id":"a"}]}`), 10)).toEqual([
      { param: 'input[50].id', id: 'a' },
    ]);
    const ids = many(`"id":"${ownItemId('msg', 'resp_1', 0)}"`);
    expect(
      lookedUpItems(Buffer.from(`{"input":[{"type":"message",${many('"id":"b"')}},{${ids},"id":"a"}]}`), 10),
    ).toEqual([{ param: 'input[1].id', id: 'a' }]);
    expect(lookedUpItems(Buffer.from(`{"input":[{${many('"id":"b"')},"id":"a"}]}`), 10)).toHaveLength(11);
    const types = many('"type":"message"');
    expect(lookedUpItems(Buffer.from(`{"input":[{${types},"type":"item_reference","id":"a"}]}`), 10)).toHaveLength(1);
  });

  test('in a list and its twin is all found', () => {
    expect(found('{"input":[{"id":"a"},{"id":"b"}],"input":[{"id":"c"}]}')).toEqual([
      'input[0].id a',
      'input[1].id b',
      'input[0].id c',
    ]);
  });
});
