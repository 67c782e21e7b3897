import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { refuse, type Fault } from '../../fault.ts';
import { PNG_BASE64 } from '../../media.ts';
import type { Members } from '../../members.ts';
import { collect, refusalOf, until } from '../../until.ts';
import { OPENAI_KEY, startOpenAi, type OpenAiFake } from '../fake.ts';
import { OPENAI_REFUSALS } from '../refusals.ts';
import { openAiSettings } from '../settings.ts';
import { failedEvent } from './answer.ts';
import type { Item, ResponsesRequest } from './schema.ts';

type Event = OpenAI.Responses.ResponseStreamEvent;
type Create = OpenAI.Responses.ResponseCreateParams;

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
const HELLO = { model: MODEL, input: 'hello over there' };
const WEATHER = {
  type: 'function' as const,
  name: 'get_weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  strict: false,
};
const SHELL = { type: 'custom' as const, name: 'shell' };

/** A body that the SDK's types would not let through. */
async function send(body: unknown) {
  const response = await fetch(`${fake.base}/responses`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPENAI_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { error } = (await response.json()) as { error: Record<string, unknown> };
  return { status: response.status, ...error };
}

/** What runs at the provider, and its items. */
type Kept =
  | 'message'
  | 'function_call'
  | 'function_call_output'
  | 'custom_tool_call'
  | 'custom_tool_call_output'
  | 'reasoning'
  | 'web_search_call'
  | 'item_reference';
type SdkItem = Extract<OpenAI.Responses.ResponseInputItem, { type?: Kept | null }>;
type SdkTool = OpenAI.Responses.FunctionTool | OpenAI.Responses.CustomTool | OpenAI.Responses.WebSearchTool;
type Apart = 'input' | 'tools' | 'tool_choice';

test('the schemas have the members of the SDK, no more and no fewer', () => {
  expectTypeOf<Members<Omit<ResponsesRequest, Apart>>>().toEqualTypeOf<Members<Omit<Create, Apart>>>();
  expectTypeOf<Members<Item>>().toEqualTypeOf<Members<SdkItem>>();
  expectTypeOf<Members<NonNullable<ResponsesRequest['tools']>>>().toEqualTypeOf<Members<SdkTool>>();
});

describe('answers', () => {
  afterEach(() => {
    expect(fake.violations).toEqual([]);
  });

  test('in one piece', async () => {
    fake.settings.usage = { input: 120, cached: 64, cacheWrite: 8, output: 4, reasoning: 4 };
    const answer = await client.responses.create({ ...HELLO, service_tier: 'flex', instructions: 'Be brief.' });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^resp_/) as string,
      object: 'response',
      status: 'completed',
      model: MODEL,
      service_tier: 'flex',
      instructions: 'Be brief.',
      output: [
        {
          type: 'message',
          status: 'completed',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'echo: hello over there', annotations: [], logprobs: [] }],
        },
      ],
      usage: {
        input_tokens: 120,
        input_tokens_details: { cached_tokens: 64, cache_write_tokens: 8 },
        output_tokens: 8,
        output_tokens_details: { reasoning_tokens: 4 },
        total_tokens: 128,
      },
    });
    expect(answer.output_text).toBe('echo: hello over there');
  });

  test('as a stream, numbered, with the served tier at its end', async () => {
    fake.settings.tier = 'downgraded';
    const events = await collect(await client.responses.create({ ...HELLO, stream: true, service_tier: 'priority' }));
    expect(events.map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      ...Array<string>(4).fill('response.output_text.delta'),
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    expect(events[0]).toMatchObject({ response: { status: 'in_progress', output: [], service_tier: 'priority' } });
    expect(events.at(-1)).toMatchObject({
      response: { status: 'completed', service_tier: 'default', usage: { output_tokens: 4 } },
    });
    const final = await client.responses.stream(HELLO).finalResponse();
    expect(final.output_text).toBe('echo: hello over there');
  });

  test('the stream is framed as the API does it', async () => {
    const response = await fetch(`${fake.base}/responses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${OPENAI_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true }),
    });
    const blocks = (await response.text()).split('\n\n');
    expect(blocks.at(-1)).toBe('');
    for (const block of blocks.slice(0, -1)) {
      const [, event, data] = /^event: ([\w.]+)\ndata: (.*)$/.exec(block)!;
      expect((JSON.parse(data!) as Event).type).toBe(event);
    }
  });

  test('with calls of tools, their results, and what was said before', async () => {
    const tools = [WEATHER, SHELL];
    const asked = await client.responses.create({
      model: MODEL,
      tools,
      input: 'call get_weather,shell {"city":"Rome"}',
    });
    expect(asked.output).toMatchObject([
      { type: 'function_call', name: 'get_weather', arguments: '{"city":"Rome"}', status: 'completed' },
      { type: 'custom_tool_call', name: 'shell', input: '{"city":"Rome"}' },
    ]);
    const [call, custom] = asked.output as [
      OpenAI.Responses.ResponseFunctionToolCall,
      OpenAI.Responses.ResponseCustomToolCall,
    ];
    const results = [
      { type: 'function_call_output' as const, call_id: call.call_id, output: 'sunny' },
      { type: 'custom_tool_call_output' as const, call_id: custom.call_id, output: 'done' },
    ];
    const told = 'results: get_weather=sunny, shell=done';
    const stored = await client.responses.create({
      model: MODEL,
      tools,
      previous_response_id: asked.id,
      input: results,
    });
    expect(stored.output_text).toBe(told);
    const whole = [{ role: 'user' as const, content: 'call get_weather,shell' }, call, custom, ...results];
    expect((await client.responses.create({ model: MODEL, tools, input: whole, store: false })).output_text).toBe(told);
    const referred = [whole[0]!, { type: 'item_reference' as const, id: call.id! }, results[0]!];
    expect((await client.responses.create({ model: MODEL, tools, input: referred })).output_text).toBe(
      'results: get_weather=sunny',
    );
    const streamed = await client.responses.stream({ model: MODEL, tools, input: 'call get_weather' }).finalResponse();
    expect(streamed.output).toMatchObject([{ name: 'get_weather', arguments: '{"city":"text"}' }]);
    const forced = await client.responses.create({
      ...HELLO,
      tools,
      tool_choice: { type: 'function', name: 'get_weather' },
    });
    expect(forced.output).toMatchObject([{ name: 'get_weather' }]);
  });

  test('images are told by type and size', async () => {
    const content = [
      { type: 'input_text' as const, text: 'look' },
      { type: 'input_image' as const, detail: 'auto' as const, image_url: `data:image/png;base64,${PNG_BASE64}` },
    ];
    const { output_text: text } = await client.responses.create({ model: MODEL, input: [{ role: 'user', content }] });
    expect(text).toBe('echo: look [image/png 70 bytes]');
  });

  test('thoughts are summed up, or kept by the client', async () => {
    const reasoning = { effort: 'high' as const, summary: 'auto' as const };
    const thought = await client.responses.stream({ ...HELLO, reasoning }).finalResponse();
    expect(thought.output[0]).toMatchObject({
      type: 'reasoning',
      summary: [{ text: 'thinking about: hello over there' }],
    });
    expect(thought.usage).toMatchObject({ output_tokens: 9, output_tokens_details: { reasoning_tokens: 5 } });
    const kept = await client.responses.create({
      ...HELLO,
      reasoning: { effort: 'high' },
      store: false,
      include: ['reasoning.encrypted_content'],
    });
    expect(kept.output[0]).toMatchObject({ summary: [], encrypted_content: expect.stringMatching(/^gAAAA/) as string });
    const input = [
      { role: 'user' as const, content: 'x' },
      ...(kept.output as OpenAI.Responses.ResponseInputItem[]),
      { role: 'user' as const, content: 'and?' },
    ];
    expect((await client.responses.create({ model: MODEL, store: false, input })).output_text).toBe('echo: and?');
  });

  test('structured output, bounds, refusals and log probabilities', async () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
      additionalProperties: false,
    };
    const format = { type: 'json_schema' as const, name: 's', strict: true, schema };
    expect((await client.responses.create({ ...HELLO, text: { format } })).output_text).toBe('{"a":1}');
    const long = { model: MODEL, input: 'x '.repeat(30), max_output_tokens: 16 };
    expect(await client.responses.create(long)).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
    const events = await collect(await client.responses.create({ ...long, stream: true }));
    expect(events.at(-1)!.type).toBe('response.incomplete');
    const refused = await client.responses.stream({ model: MODEL, input: 'refuse this' }).finalResponse();
    expect(refused.output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'I cannot help with that.' }] }]);
    const told = await client.responses.create({
      ...HELLO,
      model: 'gpt-4o',
      top_logprobs: 2,
      include: ['message.output_text.logprobs'],
    });
    expect(told.output).toMatchObject([{ content: [{ logprobs: [{ token: 'echo:' }, {}, {}, {}] }] }]);
  });

  test('a stored response is read, read again as a stream, and deleted', async () => {
    const { id } = await client.responses.create(HELLO);
    expect((await client.responses.retrieve(id)).output_text).toBe('echo: hello over there');
    const rest = await collect(await client.responses.retrieve(id, { stream: true, starting_after: 9 }));
    expect(rest.map(({ type }) => type)).toEqual(['response.output_item.done', 'response.completed']);
    await client.responses.delete(id);
    await refusalOf(client.responses.retrieve(id), OpenAI.NotFoundError);
    fake.reset();
  });

  test('a response in the background gets ready, or is cancelled', async () => {
    const first = await client.responses.create({ ...HELLO, background: true });
    expect(first).toMatchObject({ status: 'queued', output: [] });
    expect((await client.responses.retrieve(first.id)).status).toBe('in_progress');
    expect(await client.responses.retrieve(first.id)).toMatchObject({
      status: 'completed',
      output_text: 'echo: hello over there',
    });
    const second = await client.responses.create({ ...HELLO, background: true });
    expect((await client.responses.cancel(second.id)).status).toBe('cancelled');
    expect((await client.responses.retrieve(second.id)).status).toBe('cancelled');
  });
});

describe('requests that are wrong', () => {
  const CALL = { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' };
  const RESULT = { type: 'function_call_output', call_id: 'call_1', output: 'x' };
  const user = (content: unknown) => [{ role: 'user', content }];

  test.each([
    ['an unknown member', { max_tokens: 5 }, 'max_tokens', 'unknown_parameter'],
    ['one far inside', { input: [{ ...CALL, index: 0 }] }, 'input[0].index', 'unknown_parameter'],
    ['no model', { model: undefined }, 'model', 'missing_required_parameter'],
    ['nothing asked', { input: undefined }, 'input', 'missing_required_parameter'],
    ['too small a bound', { max_output_tokens: 5 }, 'max_output_tokens', 'integer_below_min_value'],
    ['a tier that nobody has', { service_tier: 'turbo' }, 'service_tier', 'invalid_value'],
    ['flex where there is none', { model: 'gpt-4o', service_tier: 'flex' }, 'service_tier', 'invalid_value'],
    ['ultrafast where there is none', { service_tier: 'ultrafast' }, 'service_tier', 'invalid_value'],
    ['an item that nobody has', { input: [{ type: 'tool_result' }] }, 'input[0].type', 'invalid_value'],
    [
      'input from the assistant',
      { input: [{ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }] },
      'input[0].content[0].type',
      'invalid_value',
    ],
    [
      'a call under the id of something else',
      { input: [{ ...CALL, id: 'call_1' }, RESULT] },
      'input[0].id',
      'invalid_value',
    ],
    ['a result without a call', { input: [RESULT] }, 'input', null],
    ['a call without its result', { input: [CALL, ...user('x')] }, 'input', null],
    [
      'a thought that leads to nothing',
      { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }, ...user('x')] },
      'input',
      null,
    ],
    [
      'a thought of somebody else',
      {
        input: [
          { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
          { role: 'assistant', content: 'x' },
        ],
      },
      null,
      'invalid_encrypted_content',
    ],
    [
      'a response that nobody made',
      { previous_response_id: 'resp_x' },
      'previous_response_id',
      'previous_response_not_found',
    ],
    [
      'thoughts of a model that has none',
      { model: 'gpt-4o', reasoning: { effort: 'low' } },
      'reasoning.effort',
      'unsupported_parameter',
    ],
    [
      'sampling while reasoning',
      { reasoning: { effort: 'low' }, temperature: 0.5 },
      'temperature',
      'unsupported_parameter',
    ],
    [
      'a choice of another tool',
      { tools: [WEATHER], tool_choice: { type: 'function', name: 'x' } },
      'tool_choice',
      null,
    ],
    ['JSON without a word of it', { text: { format: { type: 'json_object' } } }, 'input', null],
    [
      'an open schema that is strict',
      {
        text: { format: { type: 'json_schema', name: 's', strict: true, schema: { type: 'object', properties: {} } } },
      },
      'text.format.schema',
      'invalid_schema',
    ],
    ['background without a store', { background: true, store: false }, 'background', null],
    [
      'an image that is none',
      { input: user([{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }]) },
      'input[0].content[0].image_url',
      'invalid_image_format',
    ],
  ])('%s', async (_, change, param, code) => {
    expect(await send({ ...HELLO, ...change })).toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param,
      code,
    });
    expect(fake.violations).toHaveLength(1);
  });

  test('what is not stored, and what cannot be cancelled', async () => {
    const { id } = await client.responses.create({ ...HELLO, store: false });
    const error = await refusalOf(client.responses.retrieve(id), OpenAI.NotFoundError);
    expect(error.message).toContain(`Response with id '${id}' not found.`);
    const done = await client.responses.create(HELLO);
    const refused = await refusalOf(client.responses.cancel(done.id), OpenAI.BadRequestError);
    expect(refused.message).toContain('Cannot cancel a synchronous response.');
  });
});

describe('faults', () => {
  test('a refusal', async () => {
    fake.next(refuse(OPENAI_REFUSALS.flexUnavailable));
    const error = await refusalOf(client.responses.create({ ...HELLO, service_tier: 'flex' }), OpenAI.RateLimitError);
    expect(error.code).toBe('flex_unavailable');
  });

  async function streamed(fault: Fault): Promise<{ events: Event[]; error: unknown }> {
    fake.next(fault);
    const events: Event[] = [];
    try {
      for await (const event of await client.responses.create({ ...HELLO, stream: true })) events.push(event);
      return { events, error: null };
    } catch (error) {
      return { events, error };
    }
  }

  test('inside a stream', async () => {
    expect((await streamed({ kind: 'die', afterEvents: 5 })).error).toMatchObject({ message: 'terminated' });
    const cut = await streamed({ kind: 'truncate' });
    expect([cut.events.at(-1)!.type, cut.error]).toEqual(['response.output_item.done', null]);
    const refused = await streamed({ kind: 'error-event', afterEvents: 5, refusal: OPENAI_REFUSALS.flexUnavailable });
    expect(refused.events).toHaveLength(5);
    expect(refused.error).toBeInstanceOf(OpenAI.APIError);
    const bytes = failedEvent({ id: 'resp_1' }, 'server_error', 'It broke.', 5);
    const failed = await streamed({ kind: 'insert', afterEvents: 5, bytes, ends: true });
    expect(failed.events.at(-1)).toMatchObject({
      type: 'response.failed',
      response: { error: { code: 'server_error' } },
    });
  });

  test('a caller that leaves is recorded', async () => {
    fake.next({ kind: 'stall', afterEvents: 5 });
    for await (const { type } of await client.responses.create({ ...HELLO, stream: true })) {
      if (type === 'response.output_text.delta') break;
    }
    await until(() => fake.last().aborted, 'the fake sees that the caller left');
  });
});
