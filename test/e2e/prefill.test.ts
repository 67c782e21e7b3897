import { afterEach, expect, test } from 'vitest';
import { startFakeEngine, upstreamLine, type FakeEngine } from './fake-engine.ts';
import { startHouse, type House } from './harness.ts';
import { chat, post, type Json } from './requests.ts';

/** A client gives the beginning of the answer: what comes back goes on from there, or the request is refused by name. */

const QUESTION = { role: 'user', content: 'Tell me of rivers.' };

let house: House;
let engines: readonly FakeEngine[] = [];

afterEach(async () => {
  await house.close();
  await Promise.all(engines.map((engine) => engine.close()));
  engines = [];
});

interface Told {
  readonly status: number;
  readonly text: string;
  readonly body: Json;
}

async function ask(begun: string, tier = 'standard', tokens = 24): Promise<Told> {
  const messages = begun === '' ? [QUESTION] : [QUESTION, { role: 'assistant', content: begun }];
  const request = JSON.stringify({ model: 'sim-8b', max_tokens: tokens, messages });
  const answer = await post(house, '/v1/messages', request, { headers: { 'offpeak-tier': tier } });
  const body = (await answer.json()) as Json;
  const [block] = (body['content'] ?? []) as { text: string }[];
  return { status: answer.status, text: block?.text ?? '', body };
}

test.each(['standard', 'flex'])('on an engine, as %s: the rest of what it would have said', async (tier) => {
  house = await startHouse();
  const { text } = await ask('');
  const begun = text.slice(0, text.indexOf(' ', 20));
  const rest = await ask(begun, tier, 8);
  expect(rest.status).toBe(200);
  expect(rest.text).not.toBe('');
  expect(text.slice(begun.length).startsWith(rest.text.slice(0, 10))).toBe(true);
});

test.each(['standard', 'flex'])('from Groq, where such a message is a beginning as well, as %s', async (tier) => {
  house = await startHouse();
  const words = async (messages: readonly Json[], more: Json): Promise<string> => {
    const answer = await chat(house, { messages, ...more }, { mount: 'groq', headers: { 'offpeak-tier': tier } });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { choices: { message: { content: string } }[] };
    return body.choices[0]!.message.content;
  };
  const text = await words([QUESTION], { max_tokens: 24 });
  const begun = text.slice(0, text.indexOf(' ', 20));
  const rest = await words([QUESTION, { role: 'assistant', content: begun }], { max_tokens: 8 });
  expect(rest).not.toBe('');
  expect(text.slice(begun.length).startsWith(rest.slice(0, 10))).toBe(true);
});

/** Engines of these kinds with one model, and what each of them hears. */
async function startFakes(...kinds: string[]): Promise<Json[]> {
  const heard: Json[] = [];
  const started = kinds.map(() =>
    startFakeEngine((res, body) => {
      heard.push(body);
      const choices = [{ index: 0, message: { role: 'assistant', content: 'two' }, finish_reason: 'stop' }];
      const usage = { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 };
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'sim-8b', choices, usage }));
    }),
  );
  engines = await Promise.all(started);
  const upstreams = kinds.map((kind, index) =>
    upstreamLine(`gpu-${index}`, engines[index]!.url, 'capacity: { slots: 4 }', kind),
  );
  house = await startHouse({ upstreams });
  return heard;
}

test.each([
  ['vllm', { continue_final_message: true, add_generation_prompt: false }],
  ['sglang', { continue_final_message: true }],
  ['llama.cpp', {}],
])('%s is told in its own way', async (kind, flags) => {
  const heard = await startFakes(kind);
  expect(await ask('One, ')).toMatchObject({ status: 200, text: 'two' });
  const { continue_final_message: goesOn, add_generation_prompt: opens, messages } = heard[0]!;
  expect(JSON.parse(JSON.stringify({ continue_final_message: goesOn, add_generation_prompt: opens }))).toEqual(flags);
  expect(messages).toEqual([QUESTION, { role: 'assistant', content: 'One, ' }]);
});

test('engines that only answer are left out, and where there are no others the request is refused by name', async () => {
  const heard = await startFakes('ollama');
  const { status, body } = await ask('One, ');
  expect(status).toBe(400);
  expect((body['error'] as Json)['message']).toMatch(/messages\[\]\.role.* no engine of that model is known to go on/s);
  expect(heard).toEqual([]);
  expect(await house.ledger()).toEqual([]);
});

test('of several engines those are asked that go on with it', async () => {
  const heard = await startFakes('ollama', 'vllm');
  for (let index = 0; index < 3; index += 1) expect(await ask('One, ')).toMatchObject({ status: 200 });
  expect(heard.map((body) => body['continue_final_message'])).toEqual([true, true, true]);
});
