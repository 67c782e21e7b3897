import Anthropic from '@anthropic-ai/sdk';
import Anthropic0 from 'anthropic-0';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { refuse, type Fault } from '../fault.ts';
import { PNG_BASE64 } from '../media.ts';
import type { Members } from '../members.ts';
import { collect, refusalOf, until } from '../until.ts';
import { ANTHROPIC_KEY, startAnthropic, type AnthropicFake } from './fake.ts';
import { ANTHROPIC_REFUSALS } from './refusals.ts';
import type { Block, CountRequest, MessagesRequest } from './schema.ts';
import { anthropicSettings } from './settings.ts';

let fake: AnthropicFake;
let client: Anthropic;
let older: Anthropic0;

beforeAll(async () => {
  fake = await startAnthropic();
  client = new Anthropic({ apiKey: ANTHROPIC_KEY, baseURL: fake.url, maxRetries: 0, logLevel: 'off' });
  older = new Anthropic0({ apiKey: ANTHROPIC_KEY, baseURL: fake.url, maxRetries: 0, logLevel: 'off' });
});

beforeEach(() => {
  fake.reset();
  Object.assign(fake.settings, anthropicSettings());
});

afterAll(() => fake.close());

const MODEL = 'claude-opus-4-8';
const HELLO = { model: MODEL, max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello over there' }] };
const WEATHER = {
  name: 'get_weather',
  input_schema: { type: 'object' as const, properties: { city: { type: 'string' }, days: { type: 'integer' } } },
};
const CLOCK = { name: 'get_time', input_schema: { type: 'object' as const } };

interface Sent {
  readonly status: number;
  readonly body: { readonly type: string; readonly error: { readonly type: string; readonly message: string } };
}

/** A body that the SDK's types would not let through, or headers that it would not send. */
async function send(
  body: unknown,
  headers: Record<string, string> = {},
  without: readonly string[] = [],
): Promise<Sent> {
  const all: Record<string, string> = {
    'x-api-key': ANTHROPIC_KEY,
    'anthropic-version': '2023-06-01',
    'content-type': 'application/json',
    ...headers,
  };
  for (const name of without) delete all[name];
  const response = await fetch(`${fake.url}/v1/messages`, {
    method: 'POST',
    headers: all,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Sent['body'] };
}

/** Kinds of blocks and tools that run at the provider and that the fake does not have. */
type Absent =
  | `${'web_fetch' | 'code_execution' | 'bash_code_execution' | 'text_editor_code_execution' | 'tool_search'}_tool_result`
  | 'container_upload';
type Inner = 'content' | 'messages' | 'tools';
interface ToolResult {
  readonly type: 'tool_result';
}
type InResult<T> = Extract<T, ToolResult> extends { content?: string | (infer Item)[] | undefined } ? Item : never;

test('the schemas have the members of both SDKs, no more and no fewer', () => {
  expectTypeOf<Members<Omit<MessagesRequest, Inner>>>().toEqualTypeOf<
    Members<Omit<Anthropic0.MessageCreateParams, Inner>>
  >();
  expectTypeOf<Members<Omit<MessagesRequest, Inner | 'temperature' | 'top_k' | 'top_p'>>>().toEqualTypeOf<
    Members<Omit<Anthropic.MessageCreateParams, Inner>>
  >();
  expectTypeOf<Members<Omit<CountRequest, Inner>>>().toEqualTypeOf<
    Members<Omit<Anthropic.MessageCountTokensParams, Inner>>
  >();
  type SdkBlock = Exclude<Anthropic.ContentBlockParam, { type: Absent }>;
  expectTypeOf<Members<Exclude<Block, ToolResult>>>().toEqualTypeOf<Members<Exclude<SdkBlock, ToolResult>>>();
  expectTypeOf<Members<Omit<Extract<Block, ToolResult>, 'content'>>>().toEqualTypeOf<
    Members<Omit<Extract<SdkBlock, ToolResult>, 'content'>>
  >();
  expectTypeOf<Members<InResult<Block>>>().toEqualTypeOf<
    Members<Exclude<InResult<SdkBlock>, { type: 'browser_state' }>>
  >();
  type Tool = NonNullable<MessagesRequest['tools']>[number];
  type SdkTool = Anthropic.Tool | Anthropic.WebSearchTool20250305 | Anthropic.WebSearchTool20260318;
  expectTypeOf<Members<Tool>>().toEqualTypeOf<Members<SdkTool>>();
});

describe('answers', () => {
  afterEach(() => {
    expect(fake.violations).toEqual([]);
  });

  test('in one piece', async () => {
    fake.settings.usage = { input: 120, cached: 64, cacheWrite: 8, output: 4 };
    const { data, response } = await client.messages.create({ ...HELLO, service_tier: 'auto' }).withResponse();
    expect(data).toMatchObject({
      id: expect.stringMatching(/^msg_01/) as string,
      type: 'message',
      role: 'assistant',
      model: MODEL,
      content: [{ type: 'text', text: 'echo: hello over there', citations: null }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 48,
        cache_read_input_tokens: 64,
        cache_creation_input_tokens: 8,
        cache_creation: { ephemeral_5m_input_tokens: 8, ephemeral_1h_input_tokens: 0 },
        output_tokens: 4,
        service_tier: 'standard',
      },
    });
    expect(response.headers.get('anthropic-ratelimit-input-tokens-remaining')).toBe('29000');
    expect(response.headers.get('anthropic-ratelimit-requests-reset')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(response.headers.get('request-id')).toMatch(/^req_/);
    expect(fake.last().headers).toMatchObject({
      authorization: `Bearer ${ANTHROPIC_KEY}`,
      'anthropic-version': '2026-10-21',
    });
  });

  test('to the older SDK, with its header and sampling', async () => {
    const { content } = await older.messages.create({ ...HELLO, model: 'claude-haiku-4-5', temperature: 0.5 });
    expect(content).toMatchObject([{ type: 'text', text: 'echo: hello over there' }]);
    expect(fake.last().headers).toMatchObject({ 'x-api-key': ANTHROPIC_KEY, 'anthropic-version': '2023-06-01' });
  });

  test('the served tier is told as the test wants it', async () => {
    const tierOf = async (service_tier?: 'auto' | 'standard_only') =>
      (await client.messages.create({ ...HELLO, ...(service_tier === undefined ? {} : { service_tier }) })).usage
        .service_tier;
    fake.settings.tier = 'priority';
    expect(await tierOf()).toBe('priority');
    expect(await tierOf('auto')).toBe('priority');
    expect(await tierOf('standard_only')).toBe('standard');
    fake.settings.tier = null;
    expect(await tierOf('standard_only')).toBeNull();
  });

  test('as a stream', async () => {
    const events = await collect(await client.messages.create({ ...HELLO, stream: true }));
    expect(events.map(({ type }) => type)).toEqual([
      'message_start',
      'content_block_start',
      ...Array<string>(4).fill('content_block_delta'),
      'content_block_stop',
      'message_delta',
      'message_stop',
    ]);
    expect(events[0]).toMatchObject({
      message: { content: [], usage: { output_tokens: 1, service_tier: 'standard' } },
    });
    expect(events.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } });
    expect((events.at(-2) as Anthropic.RawMessageDeltaEvent).usage).not.toHaveProperty('service_tier');
    const final = await client.messages.stream(HELLO).finalMessage();
    expect(final.content).toMatchObject([{ text: 'echo: hello over there' }]);
  });

  test('the stream is framed as the API does it', async () => {
    const response = await fetch(`${fake.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': ANTHROPIC_KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
      body: JSON.stringify({ ...HELLO, stream: true }),
    });
    const blocks = (await response.text()).split('\n\n');
    expect(blocks.at(-1)).toBe('');
    for (const block of blocks.slice(0, -1)) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block)!;
      expect((JSON.parse(data!) as { type: string }).type).toBe(event);
    }
    expect(blocks[2]).toBe('event: ping\ndata: {"type":"ping"}');
  });

  test('with calls of tools, one or several, whole and streamed', async () => {
    const one = await client.messages.create({
      ...HELLO,
      tools: [WEATHER],
      messages: [{ role: 'user', content: 'call get_weather' }],
    });
    expect(one).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'get_weather', input: { city: 'text', days: 1 } }],
    });
    const both = await client.messages
      .stream({
        ...HELLO,
        tools: [WEATHER, CLOCK],
        messages: [{ role: 'user', content: 'call get_weather,get_time {"city":"Rome"}' }],
      })
      .finalMessage();
    expect(both.content).toMatchObject([
      { name: 'get_weather', input: { city: 'Rome' } },
      { name: 'get_time', input: { city: 'Rome' } },
    ]);
  });

  test('a forced call, one call at most, and results', async () => {
    const forced = await client.messages.create({
      ...HELLO,
      tools: [WEATHER, CLOCK],
      tool_choice: { type: 'tool', name: 'get_time' },
    });
    expect(forced.content).toMatchObject([{ name: 'get_time', input: {} }]);
    const question = { role: 'user' as const, content: 'call get_weather,get_time' };
    const single = await client.messages.create({
      ...HELLO,
      tools: [WEATHER, CLOCK],
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      messages: [question],
    });
    expect(single.content).toHaveLength(1);
    const call = single.content[0] as Anthropic.ToolUseBlock;
    const told = await client.messages.create({
      ...HELLO,
      tools: [WEATHER, CLOCK],
      messages: [
        question,
        { role: 'assistant', content: single.content as Anthropic.ContentBlockParam[] },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: call.id,
              content: [
                { type: 'text', text: 'sunny' },
                { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG_BASE64 } },
              ],
            },
          ],
        },
      ],
    });
    expect(told.content).toMatchObject([{ text: 'results: get_weather=sunny [image/png 70 bytes]' }]);
  });

  test('turns of one side in a row are one turn', async () => {
    const { content } = await client.messages.create({
      ...HELLO,
      messages: [
        { role: 'user', content: 'one ' },
        { role: 'user', content: 'two' },
      ],
    });
    expect(content).toMatchObject([{ text: 'echo: one two' }]);
  });

  test('images and documents are told by type and size', async () => {
    const { content } = await client.messages.create({
      ...HELLO,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG_BASE64 } },
            { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'abc' } },
            { type: 'text', text: 'look' },
          ],
        },
      ],
    });
    expect(content).toMatchObject([{ text: 'echo: look [image/png 70 bytes] [text/plain 3 bytes]' }]);
  });

  test('thoughts are shown or not, signed, and taken back', async () => {
    const thinking = { type: 'adaptive' as const, display: 'summarized' as const };
    const shown = await client.messages.stream({ ...HELLO, thinking }).finalMessage();
    expect(shown.content).toMatchObject([
      { type: 'thinking', thinking: 'thinking about: hello over there' },
      { type: 'text', text: 'echo: hello over there' },
    ]);
    expect(shown.usage).toMatchObject({ output_tokens: 9, output_tokens_details: { thinking_tokens: 5 } });
    const hidden = await client.messages.create({ ...HELLO, thinking: { type: 'adaptive' } });
    expect(hidden.content[0]).toMatchObject({ type: 'thinking', thinking: '' });
    for (const { content } of [shown, hidden]) {
      await client.messages.create({
        ...HELLO,
        thinking,
        messages: [
          ...HELLO.messages,
          { role: 'assistant', content: content as Anthropic.ContentBlockParam[] },
          { role: 'user', content: 'and?' },
        ],
      });
    }
  });

  test('structured output, bounds, stops, and what is declined', async () => {
    const said = (content: string, rest: object = {}) =>
      client.messages.create({ ...HELLO, messages: [{ role: 'user', content }], ...rest });
    const schema = { type: 'object', properties: { a: { type: 'integer' } }, additionalProperties: false };
    const formatted = await said('x', { output_config: { format: { type: 'json_schema', schema } } });
    expect(formatted.content).toMatchObject([{ text: '{"a":1}' }]);
    expect(await said('one two', { max_tokens: 2 })).toMatchObject({
      stop_reason: 'max_tokens',
      content: [{ text: 'echo: one' }],
    });
    expect(await said('one two', { stop_sequences: ['two'] })).toMatchObject({
      stop_reason: 'stop_sequence',
      stop_sequence: 'two',
    });
    expect((await said('refuse this')).stop_reason).toBe('refusal');
    expect((await said('filter this')).stop_details).toMatchObject({ category: 'cyber' });
  });

  test('tokens are counted and models listed', async () => {
    const { messages, model } = HELLO;
    expect(await client.messages.countTokens({ model, messages, system: 'Be brief.' })).toMatchObject({
      input_tokens: 5,
    });
    const ids = (await collect(client.models.list())).map(({ id }) => id);
    expect(ids).toContain(MODEL);
    expect((await client.models.retrieve('claude-haiku-4-5')).id).toBe('claude-haiku-4-5-20251001');
  });
});

describe('requests that are wrong', () => {
  const USER = { role: 'user', content: 'x' };
  const CALL = { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: {} }] };
  const RESULT = { type: 'tool_result', tool_use_id: 'toolu_1' };
  const image = (media_type: string, data: string) => [
    { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type, data } }] },
  ];

  test.each([
    ['an unknown member', { temp: 1 }, 'temp: Extra inputs are not permitted'],
    [
      'one far inside',
      { messages: [USER, { ...CALL, content: [{ ...CALL.content[0], text: '' }] }] },
      'messages.1.content.0.tool_use.text: Extra inputs are not permitted',
    ],
    [
      'one of a tool',
      { tools: [{ ...WEATHER, parameters: {} }] },
      'tools.0.custom.parameters: Extra inputs are not permitted',
    ],
    ['no bound', { max_tokens: undefined }, 'max_tokens: Field required'],
    [
      'a fraction',
      { max_tokens: 1.5 },
      'max_tokens: Input should be a valid integer, got a number with a fractional part',
    ],
    ['more than the model can', { max_tokens: 128_001 }, 'max_tokens: 128001 > 128000, which is the maximum'],
    ['a tier that nobody has', { service_tier: 'flex' }, "service_tier: Input should be 'auto' or 'standard_only'"],
    [
      'a block that nobody has',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      "messages.0.content.0: Input tag 'image_url' found using 'type'",
    ],
    ['system first', { messages: [{ role: 'system', content: 'x' }, USER] }, 'messages.0: use the top-level'],
    [
      'the assistant first',
      { messages: [{ role: 'assistant', content: 'x' }, USER] },
      'first message must use the "user" role',
    ],
    [
      'system later on a model that has none',
      { model: 'claude-sonnet-4-6', messages: [USER, { role: 'system', content: 'x' }] },
      "role 'system' is not supported on this model",
    ],
    [
      'a beginning of the answer',
      { messages: [USER, { role: 'assistant', content: 'x' }] },
      'does not support assistant message prefill',
    ],
    [
      'a result without a call',
      { messages: [{ role: 'user', content: [RESULT] }] },
      'unexpected `tool_use_id` found in `tool_result` blocks: toolu_1',
    ],
    [
      'a call without its result',
      { messages: [USER, CALL, USER] },
      'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1',
    ],
    [
      'a result after other things',
      { messages: [USER, CALL, { role: 'user', content: [{ type: 'text', text: 'x' }, RESULT] }] },
      '`tool_use` ids were found without',
    ],
    [
      'an id with a colon',
      { messages: [USER, { ...CALL, content: [{ ...CALL.content[0], id: 'functions.x:0' }] }] },
      "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
    ],
    [
      'a call whose input is text',
      { messages: [USER, { ...CALL, content: [{ ...CALL.content[0], input: '{}' }] }] },
      'messages.1.content.0.tool_use.input: Input should be an object',
    ],
    [
      'a choice of tools without any',
      { tool_choice: { type: 'auto' } },
      'tool_choice may only be specified while providing tools',
    ],
    [
      'a choice of another tool',
      { tools: [WEATHER], tool_choice: { type: 'tool', name: 'x' } },
      "Tool 'x' not found in provided tools",
    ],
    [
      'a schema of no object',
      { tools: [{ name: 'x', input_schema: {} }] },
      'tools.0.custom.input_schema.type: Field required',
    ],
    [
      'an empty text',
      { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      'text content blocks must be non-empty',
    ],
    ['a stop of blanks', { stop_sequences: ['\n\n'] }, 'each stop sequence must contain non-whitespace'],
    ['sampling on a newer model', { temperature: 0.2 }, '`temperature` is deprecated for this model.'],
    [
      'two ways of sampling',
      { model: 'claude-haiku-4-5', temperature: 0.2, top_p: 0.9 },
      '`temperature` and `top_p` cannot both be specified',
    ],
    [
      'too hot',
      { model: 'claude-haiku-4-5', temperature: 1.5 },
      'temperature: Input should be less than or equal to 1',
    ],
    [
      'a budget on a model that adapts',
      { thinking: { type: 'enabled', budget_tokens: 2000 } },
      '"thinking.type.enabled" is not supported for this model.',
    ],
    [
      'a small budget',
      { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 10 } },
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'a budget beyond the bound',
      { model: 'claude-haiku-4-5', thinking: { type: 'enabled', budget_tokens: 2000 } },
      '`max_tokens` must be greater than `thinking.budget_tokens`',
    ],
    [
      'forced while thinking',
      { tools: [WEATHER], tool_choice: { type: 'any' }, thinking: { type: 'adaptive' } },
      'Thinking may not be enabled when tool_choice forces tool use.',
    ],
    [
      'an effort where there is none',
      { model: 'claude-haiku-4-5', output_config: { effort: 'low' } },
      'This model does not support the effort parameter.',
    ],
    [
      'a thought of somebody else',
      { messages: [USER, { role: 'assistant', content: [{ type: 'thinking', thinking: 'x', signature: 'y' }] }, USER] },
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'an open schema',
      { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
      "'additionalProperties' must be explicitly set to false",
    ],
    [
      'an image under another type',
      { messages: image('image/jpeg', PNG_BASE64) },
      'the image appears to be a image/png image',
    ],
    [
      'an image that nobody reads',
      { messages: image('image/bmp', PNG_BASE64) },
      "media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'",
    ],
    ['an image that is none', { messages: image('image/png', 'AAAA') }, 'Could not process image'],
    ['fast mode where there is none', { model: 'claude-opus-5', speed: 'fast' }, 'fast mode is not supported'],
  ])('%s', async (_, change, message) => {
    const { status, body } = await send({ ...HELLO, ...change });
    expect(body).toMatchObject({
      type: 'error',
      error: { type: 'invalid_request_error', message: expect.stringContaining(message) as string },
    });
    expect(status).toBe(400);
    expect(fake.violations).toHaveLength(1);
  });

  test.each([
    ['no key', {}, ['x-api-key'], 401, 'x-api-key header is required'],
    ['another key', { 'x-api-key': 'sk-ant-nobodys' }, [], 401, 'invalid x-api-key'],
    ['another token', { authorization: 'Bearer sk-ant-nobodys' }, ['x-api-key'], 401, 'Invalid bearer token'],
    ['no version', {}, ['anthropic-version'], 400, 'anthropic-version: header is required'],
    [
      'a version that never was',
      { 'anthropic-version': '2025-01-01' },
      [],
      400,
      'anthropic-version: "2025-01-01" is not a valid version',
    ],
    [
      'a beta that cannot be',
      { 'anthropic-beta': 'yes' },
      [],
      400,
      'Unexpected value(s) `yes` for the `anthropic-beta` header',
    ],
    ['no JSON by its type', { 'content-type': 'text/plain' }, [], 400, 'content-type'],
  ])('%s', async (_, headers, without, status, message) => {
    const told = await send(HELLO, headers as Record<string, string>, without);
    expect(told.status).toBe(status);
    expect(told.body.error.message).toContain(message);
    expect(fake.violations).toHaveLength(1);
  });

  test.each(['temperature', 'top_p', 'top_k'])('the newer version has no %s', async (name) => {
    const { body } = await send({ ...HELLO, [name]: 1 }, { 'anthropic-version': '2026-10-21' });
    expect(body.error.message).toBe(`${name}: Extra inputs are not permitted`);
  });

  test('calls that were thought of come back with the thought', async () => {
    const { body } = await send({
      ...HELLO,
      model: 'claude-haiku-4-5',
      max_tokens: 3000,
      thinking: { type: 'enabled', budget_tokens: 2000 },
      messages: [USER, CALL, { role: 'user', content: [RESULT] }],
    });
    expect(body.error.message).toContain('Expected `thinking` or `redacted_thinking`, but found `tool_use`');
  });

  test('the SDK sees the errors that it has classes for', async () => {
    const error = await refusalOf(client.messages.create({ ...HELLO, model: 'claude-x' }), Anthropic.NotFoundError);
    expect(error).toMatchObject({ status: 404, type: 'not_found_error', requestID: 'req_01refused' });
  });
});

describe('faults', () => {
  test.each([
    ['overloaded', Anthropic.OverloadedError, 'overloaded_error', null, null],
    ['rateLimit', Anthropic.RateLimitError, 'rate_limit_error', '12', null],
    ['spendLimit', Anthropic.RateLimitError, 'rate_limit_error', null, 'enforced_spend_limit_reached'],
    ['billing', Anthropic.PaymentRequiredError, 'billing_error', null, null],
    ['permission', Anthropic.PermissionDeniedError, 'permission_error', null, null],
    ['tooLarge', Anthropic.ContentTooLargeError, 'request_too_large', null, null],
    ['apiError', Anthropic.InternalServerError, 'api_error', null, null],
    ['timeout', Anthropic.GatewayTimeoutError, 'timeout_error', null, null],
  ] as const)('%s', async (name, kind, type, wait, code) => {
    fake.next(refuse(ANTHROPIC_REFUSALS[name]));
    const error = await refusalOf(client.messages.create(HELLO), kind);
    expect(error.type).toBe(type);
    expect(error.errorCode ?? null).toBe(code);
    expect(error.headers?.get('retry-after') ?? null).toBe(wait);
    expect(fake.violations).toEqual([]);
    await client.messages.create(HELLO);
  });

  async function streamed(fault: Fault): Promise<{ text: string; error: unknown }> {
    fake.next(fault);
    let text = '';
    try {
      for await (const event of await client.messages.create({ ...HELLO, stream: true })) {
        if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
      }
      return { text, error: null };
    } catch (error) {
      return { text, error };
    }
  }

  test('inside a stream', async () => {
    expect(await streamed({ kind: 'die', afterEvents: 4 })).toMatchObject({ error: { message: 'terminated' } });
    expect(await streamed({ kind: 'truncate', afterEvents: 5 })).toEqual({ text: 'echo: hello', error: null });
    expect(await streamed({ kind: 'trickle' })).toEqual({ text: 'echo: hello over there', error: null });
    expect((await streamed({ kind: 'malformed-json', afterEvents: 4 })).error).toBeInstanceOf(SyntaxError);
    const refused = await streamed({ kind: 'error-event', afterEvents: 4, refusal: ANTHROPIC_REFUSALS.overloaded });
    expect(refused).toMatchObject({ text: 'echo:', error: { type: 'overloaded_error' } });
  });

  test('a caller that leaves is recorded', async () => {
    fake.next({ kind: 'hang' });
    const leaving = new AbortController();
    const call = client.messages.create(HELLO, { signal: leaving.signal });
    const gone = refusalOf(call, Anthropic.APIUserAbortError);
    await until(() => fake.requests.length === 1, 'the request is there');
    leaving.abort();
    await gone;
    await until(() => fake.last().aborted, 'the fake sees that the caller left');
  });
});
