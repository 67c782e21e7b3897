import Groq from 'groq-sdk';
import type { ChatCompletionCreateParams } from 'groq-sdk/resources/chat/completions';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { refuse, type Fault } from '../fault.ts';
import { PNG_BASE64 } from '../media.ts';
import type { Members } from '../members.ts';
import { collect, refusalOf, until } from '../until.ts';
import { brokenOffChunk, GROQ_KEY, startGroq, type GroqFake } from './fake.ts';
import { GROQ_REFUSALS } from './refusals.ts';
import type { GroqEmbeddingsRequest, GroqRequest } from './schema.ts';
import { groqSettings } from './settings.ts';

type Chunk = Groq.Chat.ChatCompletionChunk;

let fake: GroqFake;
let client: Groq;

beforeAll(async () => {
  fake = await startGroq();
  client = new Groq({ apiKey: GROQ_KEY, baseURL: fake.url, maxRetries: 0, logLevel: 'off' });
});

beforeEach(() => {
  fake.reset();
  Object.assign(fake.settings, groqSettings());
});

afterAll(() => fake.close());

const MODEL = 'llama-3.3-70b-versatile';
const THINKS = 'openai/gpt-oss-120b';
const HELLO = { model: MODEL, messages: [{ role: 'user' as const, content: 'hello over there' }] };
const WEATHER = {
  type: 'function' as const,
  function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
};
const CLOCK = { type: 'function' as const, function: { name: 'get_time', parameters: { type: 'object' } } };

/** A body that the SDK's types would not let through, or with a key that is not the client's. */
async function send(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${fake.url}/openai/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${GROQ_KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { error: Record<string, unknown> } };
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}

type Compound =
  'citation_options' | 'compound_custom' | 'documents' | 'exclude_domains' | 'include_domains' | 'search_settings';
type Base = ChatCompletionCreateParams;

test('the schemas have the members of the SDK, no more and no fewer', () => {
  expectTypeOf<Members<Omit<GroqRequest, 'messages'>>>().toEqualTypeOf<Members<Omit<Base, Compound | 'messages'>>>();
  type Paths = Exclude<Members<Base['messages']>, `${string}document${string}`>;
  expectTypeOf<Members<GroqRequest['messages']>>().toEqualTypeOf<Paths>();
  expectTypeOf<Groq.EmbeddingCreateParams>().toExtend<GroqEmbeddingsRequest>();
  expectTypeOf<keyof GroqEmbeddingsRequest>().toEqualTypeOf<keyof Groq.EmbeddingCreateParams>();
});

describe('answers', () => {
  afterEach(() => {
    expect(fake.violations).toEqual([]);
  });

  test('in one piece', async () => {
    fake.settings.usage = { input: 120, cached: 64, output: 4 };
    const { data, response } = await client.chat.completions.create({ ...HELLO, service_tier: 'flex' }).withResponse();
    expect(data).toMatchObject({
      object: 'chat.completion',
      model: MODEL,
      service_tier: 'flex',
      choices: [{ index: 0, message: { role: 'assistant', content: 'echo: hello over there' }, finish_reason: 'stop' }],
      usage: {
        prompt_tokens: 120,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens: 4,
        total_tokens: 124,
        queue_time: 0.0625,
        total_time: 0.53125,
      },
      x_groq: { id: expect.stringMatching(/^req_/) as string },
    });
    expect(response.headers.get('x-ratelimit-reset-requests')).toBe('2m59.56s');
    expect(response.headers.get('x-ratelimit-remaining-tokens')).toBe('17997');
    expect(response.headers.get('x-groq-region')).toBe('fra');
    expect(fake.last().target).toBe('/openai/v1/chat/completions');
  });

  test('the served tier is told as the test wants it', async () => {
    const tierOf = async (service_tier?: 'auto' | 'flex' | 'performance') =>
      (await client.chat.completions.create({ ...HELLO, ...(service_tier === undefined ? {} : { service_tier }) }))
        .service_tier;
    expect(await tierOf()).toBe('on_demand');
    expect(await tierOf('auto')).toBe('on_demand');
    expect(await tierOf('performance')).toBe('performance');
    fake.settings.auto = 'flex';
    expect(await tierOf('auto')).toBe('flex');
    fake.settings.tier = 'downgraded';
    expect(await tierOf('flex')).toBe('on_demand');
    fake.settings.tier = 'absent';
    expect(await tierOf('flex')).toBeUndefined();
  });

  test('as a stream, with what is particular to Groq in the first and the last chunk', async () => {
    const chunks = await collect(await client.chat.completions.create({ ...HELLO, stream: true }));
    expect(textOf(chunks)).toBe('echo: hello over there');
    expect(chunks[0]!.x_groq!.id).toMatch(/^req_/);
    expect(chunks.at(-1)).toMatchObject({
      choices: [{ finish_reason: 'stop' }],
      x_groq: { usage: { completion_tokens: 4 } },
    });
    expect(chunks.slice(1, -1).every((chunk) => !('x_groq' in chunk) && !('service_tier' in chunk))).toBe(true);
    fake.settings.tierInChunks = true;
    const told = await collect(await client.chat.completions.create({ ...HELLO, stream: true, service_tier: 'flex' }));
    expect(told.every((chunk) => (chunk as { service_tier?: string }).service_tier === 'flex')).toBe(true);
  });

  test('the stream is framed as the API does it, with a chunk of usage only where that is taken', async () => {
    fake.settings.streamOptions = true;
    const response = await fetch(`${fake.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${GROQ_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true, stream_options: { include_usage: true } }),
    });
    const blocks = (await response.text()).split('\n\n');
    expect(blocks.slice(-2)).toEqual(['data: [DONE]', '']);
    expect(JSON.parse(blocks.at(-3)!.slice('data: '.length))).toMatchObject({
      choices: [],
      usage: { completion_tokens: 4 },
    });
  });

  test('with calls of tools, one or several, and results', async () => {
    const question = { role: 'user' as const, content: 'call get_weather,get_time' };
    const asking = { model: MODEL, tools: [WEATHER, CLOCK], messages: [question] };
    const { choices } = await client.chat.completions.create(asking);
    const calls = choices[0]!.message.tool_calls!;
    expect(choices[0]!.finish_reason).toBe('tool_calls');
    expect(calls.map(({ function: { name, arguments: input } }) => [name, input])).toEqual([
      ['get_weather', '{"city":"text"}'],
      ['get_time', '{}'],
    ]);
    const deltas = (await collect(await client.chat.completions.create({ ...asking, stream: true }))).flatMap(
      (chunk) => chunk.choices[0]?.delta.tool_calls ?? [],
    );
    const joined = deltas.flatMap(({ index, function: part }) => (index === 0 ? [part?.arguments ?? ''] : [])).join('');
    expect(joined).toBe('{"city":"text"}');
    const told = await client.chat.completions.create({
      ...asking,
      messages: [
        question,
        { role: 'assistant', tool_calls: calls },
        ...calls.map(({ id }) => ({ role: 'tool' as const, tool_call_id: id, content: 'fine' })),
      ],
    });
    expect(told.choices[0]!.message.content).toBe('results: get_weather=fine, get_time=fine');
  });

  test('images are told by type and size', async () => {
    const url = `data:image/png;base64,${PNG_BASE64}`;
    const { choices } = await client.chat.completions.create({
      model: 'meta-llama/llama-4-scout-17b-16e-instruct',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url } },
          ],
        },
      ],
    });
    expect(choices[0]!.message.content).toBe('echo: look [image/png 70 bytes]');
  });

  test('thoughts are told where the request wants them', async () => {
    const said = async (body: object) =>
      (await client.chat.completions.create({ ...HELLO, ...body })).choices[0]!.message;
    const thought = 'thinking about: hello over there';
    expect(await said({ model: THINKS })).toMatchObject({ reasoning: thought, content: 'echo: hello over there' });
    expect(await said({ model: THINKS, include_reasoning: false })).not.toHaveProperty('reasoning');
    const qwen = { model: 'qwen/qwen3-32b' };
    expect((await said(qwen)).content).toBe(`<think>\n${thought}\n</think>\n\necho: hello over there`);
    expect((await said({ ...qwen, reasoning_format: 'parsed' })).reasoning).toBe(thought);
    expect(await said({ ...qwen, reasoning_effort: 'none' })).toEqual({
      role: 'assistant',
      content: 'echo: hello over there',
    });
    const chunks = await collect(await client.chat.completions.create({ ...HELLO, model: THINKS, stream: true }));
    expect(chunks.map((chunk) => chunk.choices[0]?.delta.reasoning ?? '').join('')).toBe(thought);
  });

  test('structured output, bounds, embeddings and models', async () => {
    const schema = { type: 'object', properties: { a: { type: 'integer' } } };
    const formatted = await client.chat.completions.create({
      ...HELLO,
      model: THINKS,
      response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
    });
    expect(formatted.choices[0]!.message.content).toBe('{"a":1}');
    const short = await client.chat.completions.create({ ...HELLO, max_completion_tokens: 1 });
    expect(short.choices[0]).toMatchObject({ finish_reason: 'length', message: { content: 'echo:' } });
    const { data } = await client.embeddings.create({ model: 'nomic-embed-text-v1_5', input: 'a' });
    expect(data[0]!.embedding).toHaveLength(8);
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(THINKS);
    expect((await client.models.retrieve(THINKS)).owned_by).toBe('OpenAI');
  });
});

describe('requests that are wrong', () => {
  const USER = { role: 'user', content: 'x' };
  const image = [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PNG_BASE64}` } }];

  test.each([
    ['an unknown member', { stream_options: {} }, "property 'stream_options' is unsupported"],
    [
      'one far inside',
      { messages: [{ ...USER, metadata: {} }] },
      "'messages.0' : for 'role:user' the following must be satisfied[('messages.0' : property 'metadata' is unsupported)]",
    ],
    [
      'a wrong type in a message',
      { messages: [{ role: 'system', content: 5 }] },
      "('messages.0.content' : value must be a string or an array)",
    ],
    ['nothing asked', { messages: [] }, "'messages' : number of items must be at least 1"],
    [
      'a tier that nobody has',
      { service_tier: 'priority' },
      "'service_tier' : value is not one of the allowed values ['auto','on_demand','flex','performance']",
    ],
    ['several answers', { n: 2 }, "'n' : number must be at most 1"],
    ['log probabilities', { logprobs: true }, '`logprobs` is not supported with this model'],
    [
      'an effort where there is none',
      { reasoning_effort: 'low' },
      '`reasoning_effort` is not supported with this model',
    ],
    [
      'an effort of others',
      { model: THINKS, reasoning_effort: 'none' },
      '`reasoning_effort` must be one of `low`, `medium`, `high`',
    ],
    [
      'two words about thoughts',
      { model: 'qwen/qwen3-32b', reasoning_format: 'parsed', include_reasoning: true },
      'cannot specify both',
    ],
    [
      'raw thoughts and tools',
      { model: 'qwen/qwen3-32b', reasoning_format: 'raw', tools: [WEATHER] },
      '`reasoning_format` must be set to `parsed` or `hidden`',
    ],
    [
      'a schema where there are none',
      { response_format: { type: 'json_schema', json_schema: { name: 's' } } },
      'does not support response format `json_schema`',
    ],
    [
      'a format and tools',
      { model: THINKS, tools: [WEATHER], response_format: { type: 'json_object' } },
      'json mode cannot be combined with tool/function calling',
    ],
    [
      'a choice of another tool',
      { tools: [WEATHER], tool_choice: { type: 'function', function: { name: 'x' } } },
      'function `x` is not one of the tools',
    ],
    [
      'a result without a call',
      { messages: [USER, { role: 'tool', tool_call_id: 'c', content: 'x' }] },
      "tool_call_id 'c' does not match",
    ],
    [
      'an image where nobody sees',
      { messages: [{ role: 'user', content: image }] },
      'messages[0].content must be a string',
    ],
  ])('%s', async (_, change, message) => {
    const { status, body } = await send({ ...HELLO, ...change });
    expect(body.error).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining(message) as string,
    });
    expect(status).toBe(400);
    expect(fake.violations).toHaveLength(1);
  });

  test('a tier without its contract', async () => {
    fake.settings.performance = false;
    expect((await send({ ...HELLO, service_tier: 'performance' })).status).toBe(400);
  });

  test.each([
    ['no key', HELLO, { authorization: '' }, 401],
    ['another key', HELLO, { authorization: 'Bearer gsk_nobodys' }, 401],
    ['a model that nobody has', { ...HELLO, model: 'groq-x' }, {}, 404],
    ['no JSON by its type', HELLO, { 'content-type': 'text/plain' }, 415],
  ])('%s', async (_, body, headers, status) => {
    expect((await send(body, headers)).status).toBe(status);
    expect(fake.violations).toHaveLength(1);
  });
});

describe('faults', () => {
  test.each([
    ['flexCapacity', Groq.APIError, 498, 'capacity_exceeded', null],
    ['tokenLimit', Groq.RateLimitError, 429, 'rate_limit_exceeded', '6'],
    ['dailyLimit', Groq.RateLimitError, 429, 'rate_limit_exceeded', '432'],
    ['tooLarge', Groq.APIError, 413, 'rate_limit_exceeded', null],
    ['spendCap', Groq.BadRequestError, 400, 'blocked_api_access', null],
    ['toolUseFailed', Groq.BadRequestError, 400, 'tool_use_failed', null],
    ['overCapacity', Groq.InternalServerError, 503, undefined, null],
  ] as const)('%s', async (name, kind, status, code, wait) => {
    fake.next(refuse(GROQ_REFUSALS[name]));
    const error = await refusalOf(client.chat.completions.create(HELLO), kind);
    expect(error.status).toBe(status);
    // This SDK keeps the whole body.
    expect((error.error as { error: { code?: string } }).error.code).toBe(code);
    expect(error.headers!.get('retry-after')).toBe(wait);
    expect(fake.violations).toEqual([]);
    await client.chat.completions.create(HELLO);
  });

  async function streamed(fault: Fault): Promise<{ chunks: Chunk[]; error: unknown }> {
    fake.next(fault);
    const chunks: Chunk[] = [];
    try {
      for await (const chunk of await client.chat.completions.create({ ...HELLO, stream: true })) chunks.push(chunk);
      return { chunks, error: null };
    } catch (error) {
      return { chunks, error };
    }
  }

  test('inside a stream', async () => {
    expect((await streamed({ kind: 'die', afterEvents: 2 })).error).toMatchObject({ message: 'terminated' });
    expect(textOf((await streamed({ kind: 'truncate', afterEvents: 3 })).chunks)).toBe('echo: hello');
    expect(textOf((await streamed({ kind: 'trickle', bytes: 5 })).chunks)).toBe('echo: hello over there');
    const refused = await streamed({ kind: 'error-event', afterEvents: 2, refusal: GROQ_REFUSALS.overCapacity });
    expect(refused.error).toBeInstanceOf(Groq.APIError);
    const broken = await streamed({ kind: 'insert', afterEvents: 2, bytes: brokenOffChunk('it broke off') });
    expect(broken.error).toBeNull();
    expect(broken.chunks[2]!.x_groq!.error).toBe('it broke off');
  });

  test('a caller that leaves is recorded', async () => {
    fake.next({ kind: 'hang' });
    const leaving = new AbortController();
    const gone = refusalOf(client.chat.completions.create(HELLO, { signal: leaving.signal }), Groq.APIUserAbortError);
    await until(() => fake.requests.length === 1, 'the request is there');
    leaving.abort();
    await gone;
    await until(() => fake.last().aborted, 'the fake sees that the caller left');
  });
});
