import { afterEach, expect, test } from 'vitest';
import { event, openStream, send } from '../fake-engine.ts';
import { closeChecked, startHosted, type HostedHouse, type HostedOptions } from './hosted.ts';
import { providerLine, startScripted } from './scripted.ts';

/** Items of answers that OpenAI keeps: requests name them, and each project can name its own. */

const MODEL = 'gpt-5.6-luna';

let house: HostedHouse;

async function start(openai = '', options: Partial<HostedOptions> = {}): Promise<void> {
  house = await startHosted({ providers: { openai }, projects: ['one', 'two'], ...options });
}

afterEach(async () => {
  await closeChecked(house);
});

function ask(project: string, input: unknown, more: object = {}): Promise<Response> {
  return fetch(`${house.url}/v1/responses`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${house.keys[project]!}` },
    body: JSON.stringify({ model: MODEL, input, ...more }),
  });
}

const HELLO = [{ role: 'user', content: 'Hello' }];

/** The ids of an answer of the project's and of its first item. */
async function answered(project: string, stream: boolean): Promise<{ id: string; item: string }> {
  const answer = await ask(project, HELLO, { stream });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  const last = stream
    ? (JSON.parse(/data: (\{"type":"response\.completed".*)/.exec(text)![1]!) as { response: unknown }).response
    : JSON.parse(text);
  const { id, output } = last as { id: string; output: { id: string }[] };
  return { id, item: output[0]!.id };
}

function naming(id: string): unknown[] {
  return [...HELLO, { type: 'item_reference', id }, { role: 'user', content: 'Go on' }];
}

test.each([false, true])('a project names its own items and nobody else’s, stream %s', async (stream) => {
  await start();
  const { item } = await answered('one', stream);
  const asked = house.openai.requests.length;
  const refused = await ask('two', naming(item));
  expect(refused.status).toBe(400);
  const { error } = (await refused.json()) as { error: { param: string; message: string } };
  expect(error.param).toBe('input[1].id');
  expect(error.message).toContain('accountObjects: shared');
  expect(house.openai.requests).toHaveLength(asked);
  expect((await ask('one', naming(item))).status).toBe(200);
});

test('an item goes with its answer', async () => {
  await start();
  const { id, item } = await answered('one', false);
  const headers = { authorization: `Bearer ${house.keys['one']!}` };
  expect((await fetch(`${house.url}/v1/responses/${id}`, { method: 'DELETE', headers })).status).toBe(200);
  expect((await ask('one', naming(item))).status).toBe(400);
});

test('thoughts that OpenAI would look up are named as well, and those that are all there are not', async () => {
  await start();
  const thought = { type: 'reasoning', id: 'rs_of_another', summary: [] };
  const refused = await ask('two', [thought, ...HELLO]);
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: { param: 'input[0].id' } }]);
});

test.each([false, true])(
  'a container that code ran in is for the project alone that it ran for, stream %s',
  async (stream) => {
    const call = { type: 'code_interpreter_call', id: 'ci_1', status: 'completed', code: '', outputs: null };
    const ran = { ...call, container_id: 'cntr_of_one' };
    const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };
    const whole = { id: 'resp_1', object: 'response', status: 'completed', model: MODEL, output: [ran], usage };
    const open = await startScripted();
    open.answer = (res) => {
      const answer = { ...whole, service_tier: 'default' };
      if (!stream) {
        send(res, 200, JSON.stringify(answer));
        return;
      }
      openStream(res);
      res.write(event({ type: 'response.created', response: { ...answer, status: 'in_progress', output: [] } }));
      res.write(event({ type: 'response.output_item.added', output_index: 0, item: ran }));
      res.end(event({ type: 'response.completed', response: answer }));
    };
    try {
      await start('', { providers: {}, upstreams: [providerLine('open', open, `apiKey: sk-1, models: [${MODEL}]`)] });
      const tools = [{ type: 'code_interpreter', container: { type: 'auto' } }];
      const again = [...HELLO, ran, { role: 'user', content: 'Go on' }];
      const first = await ask('one', HELLO, { tools, stream });
      expect([first.status, await first.text()]).toEqual([200, expect.stringContaining('cntr_of_one')]);
      // OpenAI runs the next code in the container of the last call.
      const refused = await ask('two', again, { tools });
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: { param: 'input[1].container_id' } },
      ]);
      expect(open.asked).toHaveLength(1);
      expect((await ask('one', again, { tools, stream })).status).toBe(200);
    } finally {
      await open.close();
    }
  },
);

test('where the operator lets projects share all, OpenAI alone decides', async () => {
  await start('accountObjects: shared');
  const { item } = await answered('one', false);
  expect((await ask('two', naming(item))).status).toBe(200);
});
