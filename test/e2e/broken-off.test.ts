import { afterEach, expect, test } from 'vitest';
import { startBedrockHouse } from '../conformance/bedrock-clients.ts';
import { framesIn } from '../matrix/mounts/frames.ts';
import type { Fault } from '../providers/fault.ts';
import { checkBooks, rowsOf } from './books.ts';
import type { House } from './harness.ts';
import { startHosted } from './providers/hosted.ts';
import { post, type Json } from './requests.ts';

/** A provider whose stream breaks off inside an event: what came whole is handed on, half an event is not, and the failure can be read. */

let house: House;
afterEach(async () => {
  try {
    await checkBooks(house);
  } finally {
    await house.close();
  }
});

const HALF: Fault = { kind: 'mangle', event: 3, how: (bytes) => bytes.subarray(0, bytes.length >> 1), ends: true };
const TEXT = 'one two three four five six';
const MESSAGES = [{ role: 'user', content: TEXT }];

const WIRES: readonly [name: 'openai' | 'groq' | 'anthropic' | 'gemini', path: string, body: Json][] = [
  ['openai', '/v1/chat/completions', { model: 'gpt-5.6-luna', messages: MESSAGES, stream: true }],
  [
    'groq',
    '/openai/v1/chat/completions',
    { model: 'meta-llama/llama-4-scout-17b-16e-instruct', messages: MESSAGES, stream: true },
  ],
  [
    'anthropic',
    '/v1/messages',
    { model: 'claude-haiku-4-5-20251001', max_tokens: 50, messages: MESSAGES, stream: true },
  ],
  [
    'gemini',
    '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
    { contents: [{ role: 'user', parts: [{ text: TEXT }] }] },
  ],
];

test.each(WIRES)('%s', async (name, path, body) => {
  const hosted = await startHosted({ providers: { [name]: name === 'openai' ? 'api: chat' : '' } });
  house = hosted;
  hosted[name].next(HALF);
  const answer = await post(house, path, JSON.stringify(body));
  expect(answer.status).toBe(200);
  const text = await answer.text();
  expect(text).toMatch(/\n\r?\n$/);
  const events = text
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => JSON.parse(line.slice('data:'.length)) as Json);
  expect(events.length).toBeGreaterThan(2);
  expect(events.filter(({ error }) => error !== undefined)).toEqual([events.at(-1)]);
  expect((await rowsOf(house)).map(({ outcome }) => outcome)).toEqual(['failed']);
});

test('bedrock', async () => {
  const bedrock = await startBedrockHouse();
  house = bedrock;
  bedrock.bedrock.next(HALF);
  const messages = [{ role: 'user', content: [{ text: TEXT }] }];
  const answer = await post(house, '/model/amazon.nova-pro-v1%3A0/converse-stream', JSON.stringify({ messages }));
  expect(answer.status).toBe(200);
  const frames = framesIn(Buffer.from(await answer.arrayBuffer()));
  expect(frames.map(({ headers }) => headers[':message-type'])).toEqual(['event', 'event', 'event', 'exception']);
  expect((await rowsOf(house)).map(({ outcome }) => outcome)).toEqual(['failed']);
});

test('bedrock, behind the end of its answer: what there is of it is whole', async () => {
  const bedrock = await startBedrockHouse();
  house = bedrock;
  const messages = [{ role: 'user', content: [{ text: TEXT }] }];
  const ask = async (): Promise<string[]> => {
    const body = JSON.stringify({ messages });
    const answer = await post(house, '/model/amazon.nova-pro-v1%3A0/converse-stream', body);
    return framesIn(Buffer.from(await answer.arrayBuffer())).map(({ headers }) => String(headers[':event-type']));
  };
  const events = await ask();
  expect(events.slice(-2)).toEqual(['messageStop', 'metadata']);
  bedrock.bedrock.next({ ...HALF, event: events.length - 1 });
  expect(await ask()).toEqual(events.slice(0, -1));
  const rows = await rowsOf(house);
  expect(rows.map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
});
