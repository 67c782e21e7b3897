import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHouse, type House } from './harness.ts';

/** Reading and writing a body anew takes time for each of its values, in which nobody else is served. */

let house: House;
beforeAll(async () => {
  house = await startHouse();
});
afterAll(() => house.close());

/** A schema that is nothing but numbers. */
const SCHEMA = { type: 'object', properties: { n: { enum: Array.from({ length: 260_000 }, (_, n) => n) } } };
const MESSAGES = [{ role: 'user', content: 'Hello' }];

function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${house.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

test('a body of too many values is not translated, and told so', async () => {
  const tools = [{ name: 'pick', input_schema: SCHEMA }];
  const answer = await post('/v1/messages', { model: 'sim-8b', max_tokens: 2, messages: MESSAGES, tools });
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({
    type: 'error',
    error: { type: 'request_too_large', message: expect.stringContaining('250000 JSON values') as string },
  });
});

test('nor is one that goes on with a stored answer', async () => {
  const first = await post('/v1/responses', { model: 'sim-8b', max_output_tokens: 16, input: 'Hello' });
  const { id } = (await first.json()) as { id: string };
  const tools = [{ type: 'function', name: 'pick', parameters: SCHEMA }];
  const answer = await post('/v1/responses', { model: 'sim-8b', input: 'On.', previous_response_id: id, tools });
  expect(answer.status).toBe(413);
});

test('forwarded as it is, the same is the upstream’s to judge', async () => {
  const tools = [{ type: 'function', function: { name: 'pick', parameters: SCHEMA } }];
  // Larger than the model's context, which is found out from the size alone.
  const answer = await post('/v1/chat/completions', { model: 'sim-8b', max_tokens: 2, messages: MESSAGES, tools });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { code: 'context_length_exceeded' } });
});
