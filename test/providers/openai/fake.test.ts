import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { refuse, type Fault } from '../fault.ts';
import { PNG_BASE64 } from '../media.ts';
import type { Members } from '../members.ts';
import { collect, refusalOf, until } from '../until.ts';
import { OPENAI_KEY, startOpenAi, type OpenAiFake } from './fake.ts';
import { OPENAI_REFUSALS } from './refusals.ts';
import type { ChatRequest, EmbeddingsRequest } from './schema.ts';
import { openAiSettings } from './settings.ts';

type Chunk = OpenAI.ChatCompletionChunk;

let fake: OpenAiFake;
let client: OpenAI;

beforeAll(async () => {
  fake = await startOpenAi();
  client = new OpenAI({ apiKey: OPENAI_KEY, baseURL: fake.base, maxRetries: 0, logLevel: 'off' });
});

beforeEach(() => {
  fake.reset();
  Object.assign(fake.settings, openAiSettings());
});

afterAll(() => fake.close());

const MODEL = 'gpt-5.6-luna';
const HELLO = { model: MODEL, messages: [{ role: 'user' as const, content: 'hello over there' }] };
const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' }, days: { type: 'integer' } } },
  },
};
const CLOCK = {
  type: 'function' as const,
  function: { name: 'get_time', parameters: { type: 'object', properties: {} } },
};

/** A body that the SDK's types would not let through, or with a key that is not the client's. */
async function send(
  body: unknown,
  headers: Record<string, string> = {},
  path = '/chat/completions',
): Promise<{ status: number; error: Record<string, unknown> }> {
  const response = await fetch(fake.base + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPENAI_KEY}`, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  return { status: response.status, error };
}

function textOf(chunks: readonly Chunk[]): string {
  return chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
}

test('the schemas take what the SDK sends, with the same members, no more and no fewer', () => {
  expectTypeOf<OpenAI.ChatCompletionCreateParams>().toExtend<ChatRequest>();
  expectTypeOf<OpenAI.EmbeddingCreateParams>().toExtend<EmbeddingsRequest>();
  expectTypeOf<Members<ChatRequest>>().toEqualTypeOf<Members<OpenAI.ChatCompletionCreateParams>>();
  expectTypeOf<Members<EmbeddingsRequest>>().toEqualTypeOf<Members<OpenAI.EmbeddingCreateParams>>();
});

describe('answers', () => {
  afterEach(() => {
    expect(fake.violations).toEqual([]);
  });

  test('in one piece', async () => {
    fake.settings.usage = { input: 120, cached: 64, cacheWrite: 8, output: 4, reasoning: 4 };
    const { data, response } = await client.chat.completions.create({ ...HELLO, service_tier: 'flex' }).withResponse();
    expect(data).toEqual({
      id: expect.stringMatching(/^chatcmpl-/) as string,
      object: 'chat.completion',
      created: 1_795_000_000,
      model: MODEL,
      service_tier: 'flex',
      system_fingerprint: 'fp_fake',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'echo: hello over there', refusal: null, annotations: [] },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 120,
        completion_tokens: 8,
        total_tokens: 128,
        prompt_tokens_details: { cached_tokens: 64, cache_write_tokens: 8, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 4,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    });
    expect(response.headers.get('x-ratelimit-reset-tokens')).toBe('2s');
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    expect(fake.last()).toMatchObject({ method: 'POST', target: '/v1/chat/completions', body: { model: MODEL } });
    expect(fake.last().headers.authorization).toBe(`Bearer ${OPENAI_KEY}`);
  });

  test('the served tier is told as the test wants it', async () => {
    const tierOf = async (model: string, service_tier: 'auto' | 'fast' | 'flex') =>
      (await client.chat.completions.create({ ...HELLO, model, service_tier })).service_tier;
    expect(await tierOf(MODEL, 'fast')).toBe('priority');
    expect(await tierOf('gpt-6-luna', 'fast')).toBe('fast');
    expect(await tierOf(MODEL, 'auto')).toBe('default');
    fake.settings.tier = 'downgraded';
    expect(await tierOf(MODEL, 'fast')).toBe('default');
    fake.settings.tier = 'absent';
    expect(await tierOf(MODEL, 'flex')).toBeUndefined();
  });

  test('as a stream, with usage at the end', async () => {
    const stream = await client.chat.completions.create({
      ...HELLO,
      service_tier: 'flex',
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = await collect(stream);
    expect(textOf(chunks)).toBe('echo: hello over there');
    expect(chunks.length).toBeGreaterThan(5);
    expect(new Set(chunks.map(({ service_tier: tier }) => tier))).toEqual(new Set(['flex']));
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 4 } });
  });

  test('the stream is framed as the API does it', async () => {
    const response = await fetch(`${fake.base}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPENAI_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const blocks = (await response.text()).split('\n\n');
    expect(blocks.slice(-2)).toEqual(['data: [DONE]', '']);
    for (const block of blocks.slice(0, -2)) {
      const chunk = JSON.parse(block.replace(/^data: /, '')) as Chunk;
      expect(chunk).not.toHaveProperty('usage');
      expect(chunk.obfuscation).toMatch(/^x+$/);
    }
  });

  test('with calls of tools, one or several, whole and streamed', async () => {
    const asking = { model: MODEL, tools: [WEATHER, CLOCK] };
    const one = await client.chat.completions.create({
      ...asking,
      messages: [{ role: 'user', content: 'call get_weather' }],
    });
    expect(one.choices[0]!.finish_reason).toBe('tool_calls');
    expect(one.choices[0]!.message).toMatchObject({
      content: null,
      tool_calls: [{ type: 'function', function: { name: 'get_weather', arguments: '{"city":"text","days":1}' } }],
    });
    const both = await collect(
      await client.chat.completions.create({
        ...asking,
        messages: [{ role: 'user', content: 'call get_weather,get_time {"city":"Rome"}' }],
        stream: true,
      }),
    );
    const deltas = both.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    const joined = (wanted: number) =>
      deltas.flatMap(({ index, function: part }) => (index === wanted ? [part?.arguments ?? ''] : [])).join('');
    expect(deltas.flatMap(({ function: part }) => part?.name ?? [])).toEqual(['get_weather', 'get_time']);
    expect([joined(0), joined(1)]).toEqual(['{"city":"Rome"}', '{"city":"Rome"}']);
    expect(new Set(deltas.flatMap(({ id }) => id ?? [])).size).toBe(2);
    expect(both.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  test('a forced call, one call at most, and results', async () => {
    const forced = await client.chat.completions.create({ ...HELLO, tools: [WEATHER], tool_choice: 'required' });
    const call = forced.choices[0]!.message.tool_calls![0]!;
    const single = await client.chat.completions.create({
      model: MODEL,
      tools: [WEATHER, CLOCK],
      parallel_tool_calls: false,
      messages: [{ role: 'user', content: 'call get_weather,get_time' }],
    });
    expect(single.choices[0]!.message.tool_calls).toHaveLength(1);
    const told = await client.chat.completions.create({
      model: MODEL,
      tools: [WEATHER],
      messages: [
        { role: 'user', content: 'call get_weather' },
        { role: 'assistant', content: null, tool_calls: [call] },
        { role: 'tool', tool_call_id: call.id, content: 'sunny' },
      ],
    });
    expect(told.choices[0]!.message.content).toBe('results: get_weather=sunny');
  });

  test('images are told by type and size', async () => {
    const { choices } = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG_BASE64}`, detail: 'low' } },
          ],
        },
      ],
    });
    expect(choices[0]!.message.content).toBe('echo: look [image/png 70 bytes]');
  });

  test('structured output matches its schema', async () => {
    const schema = {
      type: 'object',
      properties: { kind: { enum: ['a', 'b'] }, tags: { type: 'array', items: { $ref: '#/$defs/tag' } } },
      required: ['kind', 'tags'],
      additionalProperties: false,
      $defs: { tag: { type: 'string' } },
    };
    const { choices } = await client.chat.completions.create({
      ...HELLO,
      response_format: { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema } },
    });
    expect(JSON.parse(choices[0]!.message.content!)).toEqual({ kind: 'a', tags: ['text'] });
  });

  test('log probabilities, several choices, bounds and stops', async () => {
    const { choices, usage } = await client.chat.completions.create({
      ...HELLO,
      model: 'gpt-4o',
      n: 2,
      logprobs: true,
      top_logprobs: 2,
      max_tokens: 2,
    });
    expect(choices.map(({ index, finish_reason: finish }) => [index, finish])).toEqual([
      [0, 'length'],
      [1, 'length'],
    ]);
    expect(choices[1]!.logprobs!.content!.map(({ token, top_logprobs: top }) => [token, top.length])).toEqual([
      ['echo:', 2],
      [' hello', 2],
    ]);
    expect(usage!.completion_tokens).toBe(4);
    const stopped = await client.chat.completions.create({ ...HELLO, model: 'gpt-4o', stop: ['over'] });
    expect(stopped.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'echo: hello ' } });
  });

  test('what the model declines and what the provider withholds', async () => {
    const said = async (content: string) =>
      (await client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content }] })).choices[0]!;
    expect(await said('refuse this')).toMatchObject({
      finish_reason: 'stop',
      message: { content: null, refusal: 'I cannot help with that.' },
    });
    expect((await said('filter this')).finish_reason).toBe('content_filter');
  });

  test('thinking is billed and not shown', async () => {
    const { usage } = await client.chat.completions.create({ ...HELLO, reasoning_effort: 'high' });
    expect(usage).toMatchObject({ completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 5 } });
  });

  test('embeddings and models', async () => {
    const { data, usage } = await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b c'] });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8]);
    expect(data[0]!.embedding[0]).toBeCloseTo(-31 / 128);
    expect(usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    expect((await client.models.list()).data.map(({ id }) => id)).toContain(MODEL);
    expect((await client.models.retrieve('gpt-4o')).owned_by).toBe('system');
  });
});

describe('requests that are wrong', () => {
  const USER = { role: 'user', content: 'x' };
  const CALL = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };

  test.each([
    ['an unknown member', { temp: 1 }, 'temp', 'unknown_parameter'],
    [
      'one far inside',
      { messages: [{ ...USER, content: [{ type: 'text', text: 'x', cache_control: {} }] }] },
      'messages[0].content[0].cache_control',
      'unknown_parameter',
    ],
    [
      'an index on a call',
      {
        messages: [
          USER,
          { role: 'assistant', tool_calls: [{ ...CALL, index: 0 }] },
          { role: 'tool', tool_call_id: 'call_1', content: '' },
        ],
      },
      'messages[1].tool_calls[0].index',
      'unknown_parameter',
    ],
    ['nothing asked', { messages: undefined }, 'messages', 'missing_required_parameter'],
    ['a wrong type', { temperature: 'hot' }, 'temperature', 'invalid_type'],
    ['a fraction', { max_completion_tokens: 1.5 }, 'max_completion_tokens', 'invalid_type'],
    ['a tier that nobody has', { service_tier: 'turbo' }, 'service_tier', 'invalid_value'],
    ['flex where there is none', { model: 'gpt-4o', service_tier: 'flex' }, 'service_tier', 'invalid_value'],
    [
      'priority of a fine-tuned model',
      { model: 'ft:gpt-4.1-2025-04-14:acme::abc123', service_tier: 'priority' },
      'service_tier',
      'invalid_value',
    ],
    ['a role that nobody has', { messages: [{ role: 'model', content: 'x' }] }, 'messages[0].role', 'invalid_value'],
    ['too hot', { temperature: 3 }, 'temperature', 'integer_above_max_value'],
    ['no tools in a list of them', { tools: [] }, 'tools', 'empty_array'],
    [
      'a name with a space',
      { tools: [{ type: 'function', function: { name: 'a b' } }] },
      'tools[0].function.name',
      'invalid_value',
    ],
    [
      'a long id',
      { messages: [USER, { role: 'assistant', tool_calls: [{ ...CALL, id: 'c'.repeat(41) }] }] },
      'messages[1].tool_calls[0].id',
      'string_above_max_length',
    ],
    [
      'a result without a call',
      { messages: [USER, { role: 'tool', tool_call_id: 'call_1', content: 'x' }] },
      'messages.[1].role',
      null,
    ],
    [
      'a call without its result',
      { messages: [USER, { role: 'assistant', tool_calls: [CALL] }, USER] },
      'messages.[2].role',
      null,
    ],
    ['a choice of tools without any', { tool_choice: 'auto' }, 'tool_choice', null],
    ['options of a stream without one', { stream_options: { include_usage: true } }, 'stream_options', null],
    ['the old bound on a model that reasons', { max_tokens: 5 }, 'max_tokens', 'unsupported_parameter'],
    ['sampling on a model that always reasons', { model: 'gpt-5', temperature: 0 }, 'temperature', 'unsupported_value'],
    ['stops on a model that always reasons', { model: 'o3', stop: 'x' }, 'stop', 'unsupported_parameter'],
    ['an effort on a model that has none', { model: 'gpt-4o', reasoning_effort: 'low' }, null, null],
    ['JSON without a word of it', { response_format: { type: 'json_object' } }, 'messages', null],
    [
      'a strict schema that is open',
      {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 's', strict: true, schema: { type: 'object', properties: {} } },
        },
      },
      'response_format',
      'invalid_schema',
    ],
    [
      'an image that is none',
      {
        messages: [
          { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
        ],
      },
      'messages[0].content[0].image_url.url',
      'invalid_image_format',
    ],
    [
      'an image that is no URL',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'AAAA' } }] }] },
      'messages[0].content[0].image_url.url',
      'invalid_value',
    ],
  ])('%s', async (_, change, param, code) => {
    const { status, error } = await send({ ...HELLO, ...change });
    expect({ status, ...error }).toMatchObject({ status: 400, type: 'invalid_request_error', param, code });
    expect(fake.violations).toHaveLength(1);
  });

  test.each([
    ['no key', HELLO, { authorization: '' }, 401, null],
    ['another key', HELLO, { authorization: 'Bearer sk-nobodys' }, 401, 'invalid_api_key'],
    ['no JSON by its type', HELLO, { 'content-type': 'text/plain' }, 400, 'unsupported_content_type'],
    ['no JSON at all', '{"model":', {}, 400, null],
    ['a model that nobody has', { ...HELLO, model: 'gpt-x' }, {}, 404, 'model_not_found'],
  ])('%s', async (_, body, headers, status, code) => {
    const told = await send(body, headers);
    expect({ status: told.status, code: told.error['code'] }).toEqual({ status, code });
    expect(fake.violations).toHaveLength(1);
  });

  test('the SDK sees the errors that it has classes for', async () => {
    const wrong = new OpenAI({ apiKey: 'sk-nobodys', baseURL: fake.base, maxRetries: 0 });
    const error = await refusalOf(wrong.chat.completions.create(HELLO), OpenAI.AuthenticationError);
    expect(error).toMatchObject({ status: 401, code: 'invalid_api_key', type: 'invalid_request_error' });
    expect(error.requestID).toMatch(/^req_/);
  });
});

describe('faults', () => {
  test.each([
    ['flexUnavailable', OpenAI.RateLimitError, 'flex_unavailable'],
    ['tokenLimit', OpenAI.RateLimitError, 'rate_limit_exceeded'],
    ['insufficientQuota', OpenAI.RateLimitError, 'insufficient_quota'],
    ['overloaded', OpenAI.InternalServerError, 'service_unavailable'],
    ['unsupportedRegion', OpenAI.PermissionDeniedError, 'unsupported_country_region_territory'],
    ['contextTooLong', OpenAI.BadRequestError, 'context_length_exceeded'],
  ] as const)('%s', async (name, kind, code) => {
    fake.next(refuse(OPENAI_REFUSALS[name]));
    const error = await refusalOf(client.chat.completions.create(HELLO), kind);
    expect(error.code).toBe(code);
    expect(error.headers.get('retry-after')).toBe(
      ('headers' in OPENAI_REFUSALS[name]
        ? (OPENAI_REFUSALS[name].headers as Record<string, string>)['retry-after']
        : null) ?? null,
    );
    expect(fake.violations).toEqual([]);
    // The fault was for one request.
    await client.chat.completions.create(HELLO);
  });

  test('come so many times, or always, in their order', async () => {
    const statusOf = async (): Promise<number> =>
      (
        await client.chat.completions
          .create(HELLO)
          .asResponse()
          .catch((error: unknown) => error as { status: number })
      ).status;
    fake.next(refuse(OPENAI_REFUSALS.serverError), 2);
    fake.next(refuse(OPENAI_REFUSALS.overloaded));
    fake.always(refuse(OPENAI_REFUSALS.requestLimit));
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push(await statusOf());
    expect(statuses).toEqual([500, 500, 503, 429, 429]);
    fake.always(null);
    expect(await statusOf()).toBe(200);
    expect(fake.requests.map(({ status }) => status)).toEqual([500, 500, 503, 429, 429, 200]);
  });

  async function streamed(fault: Fault): Promise<{ text: string; error: unknown }> {
    fake.next(fault);
    let text = '';
    try {
      for await (const chunk of await client.chat.completions.create({ ...HELLO, stream: true })) {
        text += chunk.choices[0]?.delta.content ?? '';
      }
      return { text, error: null };
    } catch (error) {
      return { text, error };
    }
  }

  test('inside a stream', async () => {
    expect(await streamed({ kind: 'die', afterEvents: 3 })).toMatchObject({ error: { message: 'terminated' } });
    expect(await streamed({ kind: 'truncate' })).toEqual({ text: 'echo: hello over there', error: null });
    expect(await streamed({ kind: 'truncate', afterEvents: 2 })).toEqual({ text: 'echo:', error: null });
    expect(await streamed({ kind: 'trickle' })).toEqual({ text: 'echo: hello over there', error: null });
    expect(await streamed({ kind: 'pace', ms: 1 })).toEqual({ text: 'echo: hello over there', error: null });
    // Only where the caller reads no further does the caller leave.
    expect(fake.requests.every(({ aborted }) => !aborted)).toBe(true);
    expect((await streamed({ kind: 'malformed-json', afterEvents: 2 })).error).toBeInstanceOf(SyntaxError);
    const refused = await streamed({ kind: 'error-event', afterEvents: 2, refusal: OPENAI_REFUSALS.flexUnavailable });
    expect(refused).toMatchObject({ text: 'echo:', error: { code: 'flex_unavailable' } });
  });

  test('around an answer in one piece', async () => {
    const thrown = async (fault: Fault): Promise<unknown> => {
      fake.next(fault);
      return client.chat.completions.create(HELLO).then(
        (answer) => answer.choices,
        (error: unknown) => error,
      );
    };
    expect(await thrown({ kind: 'html', status: 502 })).toMatchObject({
      status: 502,
      message: expect.stringContaining('<html>') as string,
    });
    expect(await thrown({ kind: 'reset' })).toBeInstanceOf(OpenAI.APIConnectionError);
    expect(await thrown({ kind: 'malformed-json' })).toBeInstanceOf(SyntaxError);
    expect(await thrown({ kind: 'die', afterEvents: 1 })).toBeInstanceOf(Error);
    expect(await thrown({ kind: 'slow', ms: 1 })).toHaveLength(1);
    expect(await thrown({ kind: 'trickle', bytes: 7 })).toHaveLength(1);
  });

  test('a caller that leaves is recorded, before the answer and within it', async () => {
    const leave = async (fault: Fault, stream: boolean): Promise<void> => {
      fake.next(fault);
      const leaving = new AbortController();
      const call = client.chat.completions.create({ ...HELLO, stream }, { signal: leaving.signal });
      const before = fake.requests.length;
      if (stream) for await (const chunk of (await call) as AsyncIterable<Chunk>) if (textOf([chunk]) !== '') break;
      if (!stream) {
        void call.catch(() => undefined);
        await until(() => fake.requests.length > before, 'the request is there');
        leaving.abort();
      }
      await until(() => fake.last().aborted, 'the fake sees that the caller left');
    };
    await leave({ kind: 'hang' }, false);
    expect(fake.last().status).toBeUndefined();
    await leave({ kind: 'stall', afterEvents: 3 }, true);
    expect(fake.last()).toMatchObject({ status: 200, finished: false });
  });

  test('a test lets an answer go', async () => {
    let release!: () => void;
    fake.next({ kind: 'wait', until: new Promise<void>((resolve) => (release = resolve)) });
    const call = client.chat.completions.create(HELLO);
    const answered = call.then(() => 'answered');
    await until(() => fake.requests.length === 1, 'the request is there');
    expect(await Promise.race([answered, Promise.resolve('waiting')])).toBe('waiting');
    release();
    expect(await answered).toBe('answered');
  });
});
