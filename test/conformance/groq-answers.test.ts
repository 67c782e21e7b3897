import Groq from 'groq-sdk';
import type { ChatCompletionCreateParamsStreaming } from 'groq-sdk/resources/chat/completions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, rowsOf, Witness } from '../e2e/books.ts';
import { startHouse, type House } from '../e2e/harness.ts';

/** What is Groq's own about an answer, before an engine that knows nothing of it. */

let house: House;
const witness = new Witness();
beforeAll(async () => {
  house = await startHouse();
});
afterAll(async () => {
  try {
    await checkBooks(house, witness);
  } finally {
    await house.close();
  }
});

const ANY_KEY = 'op_not_looked_at_by_an_open_gateway';
const TOOL: Groq.Chat.ChatCompletionTool = {
  type: 'function',
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};

type Chunk = Groq.Chat.ChatCompletionChunk;
type StreamBody = ChatCompletionCreateParamsStreaming;

function connect(): Groq {
  return new Groq({ apiKey: ANY_KEY, baseURL: house.url, fetch: witness.fetch, maxRetries: 0 });
}

/** Both ways that an answer comes about: passed through, and kept because it may be evicted. */
describe.each(['on_demand', 'flex'] as const)('at %s', (tier) => {
  const ask = {
    model: 'sim-8b',
    max_tokens: 12,
    messages: [{ role: 'user' as const, content: 'What is off-peak power?' }],
    service_tier: tier,
  };

  async function chunksOf(more: Partial<StreamBody> & { stream_options?: object } = {}) {
    const call = connect().chat.completions.create({ ...ask, ...more, stream: true });
    const { data, response } = await call.withResponse();
    const chunks: Chunk[] = [];
    for await (const chunk of data) chunks.push(chunk);
    return { chunks, requestId: response.headers.get('x-request-id') };
  }

  test('a unary answer is called by its request', async () => {
    const { data, response } = await connect().chat.completions.create(ask).withResponse();
    expect(data.x_groq).toEqual({ id: response.headers.get('x-request-id') });
    expect(data.x_groq!.id).toMatch(/^req_/);
  });

  test('a stream has its id on the first chunk and on the last, and there its usage', async () => {
    const { usage } = await connect().chat.completions.create(ask);
    const { chunks, requestId } = await chunksOf();
    expect(chunks[0]!.x_groq).toEqual({ id: requestId });
    expect(chunks.slice(1, -1).every(({ x_groq: mark }) => mark === undefined)).toBe(true);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)!.x_groq).toMatchObject({
      id: requestId,
      usage: { prompt_tokens: usage!.prompt_tokens, completion_tokens: 12, total_tokens: usage!.total_tokens },
    });
    const row = (await rowsOf(house)).find(({ id }) => id === requestId);
    expect(row).toMatchObject({ input_tokens: usage!.prompt_tokens, output_tokens: 12 });
  });

  test('who asks for a chunk of usage as well has both', async () => {
    const { chunks } = await chunksOf({ stream_options: { include_usage: true } });
    const [finish, own] = chunks.slice(-2) as (Chunk & { usage?: object })[];
    expect(finish!.choices[0]!.finish_reason).toBe('length');
    expect(own!.choices).toEqual([]);
    expect(own!.usage).toMatchObject({ completion_tokens: 12 });
    expect(finish!.x_groq!.usage).toEqual(own!.usage);
  });

  test('a call of a tool ends with the usage too', async () => {
    const { chunks } = await chunksOf({ tools: [TOOL], tool_choice: 'required', max_tokens: 200 });
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
    expect(chunks.at(-1)!.x_groq!.usage!.completion_tokens).toBeGreaterThan(0);
  });

  test('several answers at once have one id and one usage', async () => {
    const { chunks } = await chunksOf({ n: 2 });
    expect(chunks.filter(({ x_groq: mark }) => mark?.usage)).toEqual([chunks.at(-1)]);
    expect(chunks.at(-1)!.x_groq!.usage!.completion_tokens).toBe(24);
    expect(
      chunks
        .filter(({ choices }) => choices[0]?.finish_reason)
        .map(({ choices }) => choices[0]!.index)
        .sort(),
    ).toEqual([0, 1]);
  });
});
