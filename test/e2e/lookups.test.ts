import { createKey } from '@offpeak/gateway';
import { afterEach, expect, test } from 'vitest';
import { startHouse, until, withStore, type House } from './harness.ts';
import { chatBody } from './requests.ts';

/** Token counts and reads of stored answers are free, and limited all the same. */

const MODEL = 'sim-8b';
const PROJECTS = ['counts', 'quiet'] as const;

let house: House;
let keys: Record<string, string>;

async function start(): Promise<void> {
  house = await startHouse({
    config:
      'auth: keys\nprojects:\n  - { name: counts, lookupsPerMinute: 2 }\n  - { name: quiet, lookupsPerMinute: 2 }\n',
  });
  keys = {};
  await withStore(house.data, async (store) => {
    for (const name of PROJECTS) keys[name] = (await createKey(store, name, { now: Date.now() })).key;
  });
  await until(async () => (await fetch(`${house.url}/v1/models`, { headers: as('quiet') })).ok, 'the keys are known');
}

afterEach(async () => {
  await house.close();
});

function as(project: string): Record<string, string> {
  return { authorization: `Bearer ${keys[project]!}`, 'content-type': 'application/json' };
}

function post(path: string, body: object | string, project: string): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${house.url}${path}`, { method: 'POST', headers: as(project), body: text });
}

const COUNTS: readonly (readonly [string, object])[] = [
  ['/v1/messages/count_tokens', { model: MODEL, messages: [{ role: 'user', content: 'How many?' }] }],
  [`/v1beta/models/${MODEL}:countTokens`, { contents: [{ parts: [{ text: 'How many?' }] }] }],
  [
    `/model/${MODEL}/count-tokens`,
    { input: { converse: { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] } } },
  ],
];

const ANTHROPICS = { type: 'error', error: { type: 'rate_limit_error' } };
const GOOGLES = { error: { code: 429, status: 'RESOURCE_EXHAUSTED' } };

test('counts of all wires are counted together, project by project, and refused in each wire’s words', async () => {
  await start();
  const [anthropic, gemini, bedrock] = COUNTS;
  expect((await post(...anthropic!, 'counts')).status).toBe(200);
  expect((await post(...gemini!, 'counts')).status).toBe(200);
  const answers = await Promise.all(COUNTS.map((count) => post(...count, 'counts')));
  expect(answers.map(({ status }) => status)).toEqual([429, 429, 429]);
  const bodies = await Promise.all(answers.map(async (answer) => (await answer.json()) as object));
  expect(bodies).toMatchObject([ANTHROPICS, GOOGLES, {}]);
  for (const body of bodies) {
    expect(JSON.stringify(body)).toMatch(/token counts and reads of stored answers in project 'counts'.*Limit 2,/);
  }
  expect(answers[0]!.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(answers[2]!.headers.get('x-amzn-errortype')).toBe('ThrottlingException');
  // Nor does it cost anybody else, or answers.
  expect((await post(...bedrock!, 'quiet')).status).toBe(200);
  expect((await post('/v1/chat/completions', chatBody(), 'counts')).status).toBe(200);
});

test('reads of stored answers, found or not, count with them', async () => {
  await start();
  const created = await post('/v1/responses', { model: MODEL, input: 'Hi', max_output_tokens: 8 }, 'counts');
  const { id } = (await created.json()) as { id: string };
  const read = (name: string, project: string): Promise<Response> =>
    fetch(`${house.url}/v1/responses/${name}`, { headers: as(project) });
  await withStore(house.data, (store) =>
    until(async () => (await store.getResponse(id, 'counts', Date.now())) !== undefined, 'it is stored'),
  );
  expect((await read(id, 'counts')).status).toBe(200);
  expect((await read('resp_none', 'counts')).status).toBe(404);
  const refused = await read(id, 'counts');
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ error: { type: 'requests', code: 'rate_limit_exceeded' } });
  expect((await post(...COUNTS[0]!, 'counts')).status).toBe(429);
  expect((await read(id, 'quiet')).status).toBe(404);
});
