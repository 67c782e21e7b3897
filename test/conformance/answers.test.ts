import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks, Witness } from '../e2e/books.ts';
import { startHouse, type House } from '../e2e/harness.ts';
import { OPENAI_6, OPENAI_7, SDKS, type ChatBody, type ChatChunk, type ChunkStream, type Client } from './sdks.ts';

/** What the SDKs promise their callers of an answer, read through their own types. */

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

const ASK: ChatBody = {
  model: 'sim-8b',
  max_tokens: 12,
  messages: [
    { role: 'system', content: 'Answer in words.' },
    { role: 'user', content: 'What is off-peak power?' },
  ],
};

const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};

async function all<T>(stream: ChunkStream<T>): Promise<T[]> {
  const chunks: T[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly ChatChunk[]): string {
  return chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
}

/** Both ways that an answer comes about: passed through, and kept because it may be evicted. */
describe.each(SDKS)('$name', (sdk) => {
  const connect = (): Client => sdk.connect(house.url + sdk.bases[0]!, { fetch: witness.fetch });

  describe.each(['standard', 'flex'] as const)('at %s', (tier) => {
    const word = sdk.words[tier];

    test('a unary answer has its text, usage and tier', async () => {
      const answer = await connect().chat.completions.create({ ...ASK, service_tier: word });
      expect(answer).toMatchObject({ object: 'chat.completion', model: 'sim-8b', service_tier: word });
      expect(answer.choices).toHaveLength(1);
      expect(answer.choices[0]).toMatchObject({ finish_reason: 'length', message: { role: 'assistant' } });
      expect(answer.choices[0]!.message.content!.split(' ')).toHaveLength(12);
      const { prompt_tokens: input, completion_tokens: output, total_tokens: sum } = answer.usage;
      expect([output, sum]).toEqual([12, input + 12]);
    });

    test('a stream has the text of the unary answer, and the tier in every chunk', async () => {
      const client = connect();
      const unary = await client.chat.completions.create({ ...ASK, service_tier: word });
      const chunks = await all(await client.chat.completions.create({ ...ASK, service_tier: word, stream: true }));
      expect(textOf(chunks)).toBe(unary.choices[0]!.message.content);
      expect(new Set(chunks.map(({ service_tier: said }) => said))).toEqual(new Set([word]));
      expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
      expect(chunks.map(({ object }) => object)).toEqual(chunks.map(() => 'chat.completion.chunk'));
      expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
      expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('length');
    });

    test('a stream ends in one usage chunk when that was asked for, and has none otherwise', async () => {
      const client = connect();
      const streamed = { ...ASK, service_tier: word, stream: true } as const;
      const asked = await all(
        await client.chat.completions.create({ ...streamed, stream_options: { include_usage: true } }),
      );
      const silent = await all(await client.chat.completions.create(streamed));
      const declined = await all(
        await client.chat.completions.create({ ...streamed, stream_options: { include_usage: false } }),
      );
      expect(asked.filter(({ usage }) => usage)).toEqual([asked.at(-1)]);
      expect(asked.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 12 }, service_tier: word });
      for (const chunks of [silent, declined]) {
        expect(chunks.filter(({ usage }) => usage)).toEqual([]);
        expect(chunks.every(({ choices }) => choices.length === 1)).toBe(true);
      }
    });

    test('a tool call comes whole', async () => {
      const body = { ...ASK, max_tokens: 200, service_tier: word, tools: [WEATHER], tool_choice: 'required' };
      const client = connect();
      const answer = await client.chat.completions.create(body);
      const [choice] = answer.choices;
      expect(choice).toMatchObject({ finish_reason: 'tool_calls', message: { content: null } });
      const [call] = choice!.message.tool_calls!;
      expect(call).toMatchObject({ type: 'function', function: { name: 'get_weather' } });
      expect(JSON.parse(call!.function.arguments)).toMatchObject({ city: expect.any(String) as string });

      const chunks = await all(await client.chat.completions.create({ ...body, stream: true }));
      const parts = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
      expect(parts.map(({ function: said }) => said?.arguments ?? '').join('')).toBe(call!.function.arguments);
      expect(parts[0]).toMatchObject({ index: 0, id: call!.id, function: { name: 'get_weather' } });
      expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
    });

    test('JSON mode answers JSON, and a schema is kept to', async () => {
      const client = connect();
      const body = { ...ASK, max_tokens: 200, service_tier: word };
      const free = await client.chat.completions.create({ ...body, response_format: { type: 'json_object' } });
      expect(JSON.parse(free.choices[0]!.message.content!)).toBeTypeOf('object');
      const schema = {
        type: 'object',
        properties: { cheap: { type: 'boolean' }, hours: { type: 'integer' } },
        required: ['cheap', 'hours'],
        additionalProperties: false,
      };
      const kept = await client.chat.completions.create({
        ...body,
        response_format: { type: 'json_schema', json_schema: { name: 'tariff', schema } },
      });
      expect(JSON.parse(kept.choices[0]!.message.content!)).toEqual({
        cheap: expect.any(Boolean) as boolean,
        hours: expect.any(Number) as number,
      });
    });
  });

  test('the served tier, the request id and the cost are in headers', async () => {
    const { data, response } = await connect()
      .chat.completions.create({ ...ASK, service_tier: 'flex' })
      .withResponse();
    expect(data.service_tier).toBe('flex');
    expect(response.headers.get('offpeak-tier')).toBe('flex');
    expect(response.headers.get('offpeak-requested-tier')).toBe('flex');
    expect(response.headers.get('offpeak-upstream')).toBe('gpu-0');
    expect(response.headers.get('offpeak-evictions')).toBe('0');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(Number(response.headers.get('offpeak-cost-usd'))).toBeGreaterThan(0);
  });

  test('several choices come apart', async () => {
    const answer = await connect().chat.completions.create({ ...ASK, n: 3, service_tier: 'flex' });
    const texts = answer.choices.map(({ message }) => message.content);
    expect(new Set(texts).size).toBe(3);
    expect(answer.usage.completion_tokens).toBe(36);
  });

  test('embeddings are numbers, one vector for each text', async () => {
    const answer = await connect().embeddings.create({ model: 'sim-8b', input: ['day', 'night', 'day'] });
    expect(answer.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    const [day, night, again] = answer.data.map(({ embedding }) => embedding);
    expect(day!.length).toBeGreaterThan(100);
    expect(again).toEqual(day);
    expect(night).not.toEqual(day);
    expect(day!.every((value) => typeof value === 'number')).toBe(true);
    expect(answer.usage.prompt_tokens).toBeGreaterThan(0);
  });

  test('models are listed and found by name', async () => {
    const client = connect();
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['sim-8b']);
    const model = await client.models.retrieve('sim-8b');
    expect(model).toMatchObject({ id: 'sim-8b', object: 'model', owned_by: expect.any(String) as string });
    expect(data[0]).toMatchObject({ ...model });
  });
});

describe.each([OPENAI_7, OPENAI_6])('legacy completions, $name', (sdk) => {
  test.each(['default', 'flex'])('at %s, unary and streamed', async (word) => {
    const client = sdk.connect(`${house.url}/v1`, { fetch: witness.fetch });
    const body = { model: 'sim-8b', prompt: 'Once upon a time', max_tokens: 10, service_tier: word };
    const answer = await client.completions.create(body);
    expect(answer).toMatchObject({ object: 'text_completion', service_tier: word });
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'length' });
    expect(answer.usage.completion_tokens).toBe(10);
    const chunks = await all(
      await client.completions.create({ ...body, stream: true, stream_options: { include_usage: true } }),
    );
    expect(chunks.map(({ choices }) => choices[0]?.text ?? '').join('')).toBe(answer.choices[0]!.text);
    expect(new Set(chunks.map(({ service_tier: said }) => said))).toEqual(new Set([word]));
    expect(chunks.filter(({ usage }) => usage).map(({ usage }) => usage!.completion_tokens)).toEqual([10]);
  });
});
