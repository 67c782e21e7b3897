import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createKey } from '@offpeak/gateway';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { configOf, startHouse, until, withStore, type House } from './harness.ts';

const MODEL = 'gpt-5-mini';

/** A provider that answers when it is told to, and tells whose key it was shown. */
const asked: { readonly what: string; readonly key: string; readonly res: ServerResponse }[] = [];
const provider = createServer((req, res) => {
  const pieces: Buffer[] = [];
  req.on('data', (piece: Buffer) => pieces.push(piece));
  req.on('end', () => {
    const body = JSON.parse(Buffer.concat(pieces).toString('utf8')) as { messages: { content: string }[] };
    asked.push({ what: body.messages[0]!.content, key: req.headers.authorization ?? '', res });
  });
});

function answer({ res }: { readonly res: ServerResponse }): void {
  const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes.' } }];
  const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
  res.setHeader('content-type', 'application/json');
  res.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: MODEL, choices, usage }));
}

let house: House;
let upstream: string;
const keys: Record<string, string> = {};

beforeAll(async () => {
  await new Promise<void>((resolve) => {
    provider.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  upstream = `{ name: openai, kind: provider, provider: openai, url: "${url}", models: [${MODEL}], apiKey: operators, concurrency: 1 }`;
  house = await startHouse({ upstreams: [upstream], config: projects('') });
  await withStore(house.data, async (store) => {
    for (const name of ['one', 'two']) keys[name] = (await createKey(store, name, { now: Date.now() })).key;
  });
  const headers = { authorization: `Bearer ${keys['two']!}` };
  await until(async () => (await fetch(`${house.url}/v1/models`, { headers })).ok, 'the keys are known');
});
afterAll(async () => {
  await house.close();
  provider.closeAllConnections();
  provider.close();
});

function projects(ofTwo: string): string {
  return `auth: keys\nprojects:\n  - { name: one }\n  - { name: two${ofTwo} }\n`;
}

async function ask(project: string, what: string): Promise<number> {
  const answered = await fetch(`${house.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[project]!}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: what }] }),
  });
  await answered.arrayBuffer();
  return answered.status;
}

function queued(): Promise<boolean> {
  return house.metrics().then((page) => page.includes(`offpeak_queue_depth{model="${MODEL}",tier="standard"} 1`));
}

test('a request that waits when keys of a project come into force is sent with the key that it came under, and is sent', async () => {
  const first = ask('one', 'first');
  await until(() => asked.length === 1, 'the first request is there');
  const second = ask('one', 'second');
  await until(queued, 'the second one waits');
  const reloaded = `data: ${house.data}\nlisten: 127.0.0.1:0\nupstreams:\n  - ${upstream}\n`;
  await house.gateway.reload(configOf(reloaded + projects(', providerKeys: { openai: its-own }')));
  const third = ask('two', 'third');
  await until(() => asked.length === 2, "a request with the project's own key does not wait for the operator's");
  asked.forEach(answer);
  await until(() => asked.length === 3, 'the second one was sent');
  answer(asked[2]!);
  expect(await Promise.all([first, second, third])).toEqual([200, 200, 200]);
  expect(asked.map(({ what, key }) => [what, key])).toEqual([
    ['first', 'Bearer operators'],
    ['third', 'Bearer its-own'],
    ['second', 'Bearer operators'],
  ]);
});
