import {
  BedrockRuntimeClient,
  BedrockRuntimeServiceException,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  ServiceUnavailableException,
  ThrottlingException,
  ValidationException,
  type BedrockRuntimeClientConfig,
  type ContentBlock as SdkBlock,
  type ConverseCommandInput,
  type ConverseStreamCommandInput,
  type ConverseStreamOutput,
  type Message as SdkMessage,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { refuse, type Fault } from '../fault.ts';
import { PNG_BASE64 } from '../media.ts';
import type { Members } from '../members.ts';
import { collect, refusalOf, until } from '../until.ts';
import { BEDROCK_CREDENTIALS, BEDROCK_KEY, BEDROCK_REGION, startBedrock, type BedrockFake } from './fake.ts';
import { SPOILED } from './frames.ts';
import { BEDROCK_REFUSALS } from './refusals.ts';
import type { ContentBlock, ConverseRequest } from './schema.ts';
import { bedrockSettings } from './settings.ts';

let fake: BedrockFake;
let client: BedrockRuntimeClient;

function connect(more: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: BEDROCK_REGION,
    endpoint: fake.url,
    credentials: BEDROCK_CREDENTIALS,
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
    ...more,
  });
}

beforeAll(async () => {
  fake = await startBedrock();
  client = connect();
});

beforeEach(() => {
  fake.reset();
  Object.assign(fake.settings, bedrockSettings());
});

afterAll(() => fake.close());

const MODEL = 'amazon.nova-pro-v1:0';
const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const HELLO: ConverseCommandInput = {
  modelId: MODEL,
  messages: [{ role: 'user', content: [{ text: 'hello over there' }] }],
};
const PNG = Buffer.from(PNG_BASE64, 'base64');
const WEATHER = {
  toolSpec: {
    name: 'get_weather',
    inputSchema: { json: { type: 'object', properties: { city: { type: 'string' } } } },
  },
};
const CLOCK = { toolSpec: { name: 'get_time', inputSchema: { json: { type: 'object' } } } };

function say(text: string, more: Partial<ConverseCommandInput> = {}): ConverseCommandInput {
  return { ...HELLO, messages: [{ role: 'user', content: [{ text }] }], ...more };
}

async function streamOf(input: ConverseStreamCommandInput): Promise<ConverseStreamOutput[]> {
  return collect((await client.send(new ConverseStreamCommand(input))).stream!);
}

function textOf(events: readonly ConverseStreamOutput[]): string {
  return events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '').join('');
}

/** A body that the SDK's types would not let through, with a key instead of a signature. */
async function send(body: unknown, model = MODEL, headers: Record<string, string> = {}, operation = 'converse') {
  const response = await fetch(`${fake.url}/model/${encodeURIComponent(model)}/${operation}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${BEDROCK_KEY}`, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const { message } = (await response.json()) as { message: string };
  const name = (response.headers.get('x-amzn-errortype') ?? '').split(':')[0];
  return { status: response.status, name, message };
}

/** What the fake does not have of content; and the members by which the SDK says of a union that one of it is set. */
type Absent = 'audio' | 'video' | 'citationsContent' | 'toolAddition' | 'toolRemoval';
type Known<T> = Exclude<
  Members<T>,
  `${string}$unknown${string}` | Absent | `${Absent}.${string}` | `${string}.video` | `${string}.video.${string}`
>;

test('the schemas have the members of the SDK, no more and no fewer', () => {
  expectTypeOf<Members<ContentBlock>>().toEqualTypeOf<Known<SdkBlock>>();
  expectTypeOf<Members<Omit<ConverseRequest, 'messages'>>>().toEqualTypeOf<
    Known<Omit<ConverseStreamCommandInput, 'messages' | 'modelId'>>
  >();
  expectTypeOf<keyof NonNullable<ConverseRequest['messages']>[number]>().toEqualTypeOf<keyof SdkMessage>();
});

describe('answers', () => {
  afterEach(() => {
    expect(fake.violations).toEqual([]);
  });

  test('in one piece, to a caller who signs', async () => {
    fake.settings.usage = { input: 120, cached: 64, cacheWrite: 8, output: 4 };
    const answer = await client.send(new ConverseCommand({ ...HELLO, serviceTier: { type: 'flex' } }));
    expect(answer).toMatchObject({
      output: { message: { role: 'assistant', content: [{ text: 'echo: hello over there' }] } },
      stopReason: 'end_turn',
      usage: {
        inputTokens: 48,
        outputTokens: 4,
        totalTokens: 124,
        cacheReadInputTokens: 64,
        cacheWriteInputTokens: 8,
        cacheDetails: [{ ttl: '5m', inputTokens: 8 }],
      },
      metrics: { latencyMs: 42 },
      serviceTier: { type: 'flex' },
    });
    expect(answer.$metadata.requestId).toMatch(/^0{8}-/);
    expect(fake.last().target).toBe('/model/amazon.nova-pro-v1%3A0/converse');
    expect(fake.last().headers['authorization']).toContain(`Credential=${BEDROCK_CREDENTIALS.accessKeyId}/`);
  });

  test('to a caller with a key, and to one with a session', async () => {
    const keyed = connect({ token: { token: BEDROCK_KEY }, authSchemePreference: ['httpBearerAuth'] });
    await keyed.send(new ConverseCommand(HELLO));
    expect(fake.last().headers['authorization']).toBe(`Bearer ${BEDROCK_KEY}`);
    const credentials = { ...BEDROCK_CREDENTIALS, sessionToken: 'a token of a session' };
    const session = await startBedrock(credentials);
    try {
      await connect({ endpoint: session.url, credentials }).send(new ConverseCommand(HELLO));
      expect(session.last().headers['x-amz-security-token']).toBe(credentials.sessionToken);
    } finally {
      await session.close();
    }
  });

  test('the served tier is told as the test wants it', async () => {
    const tierOf = async (input: Partial<ConverseCommandInput>) =>
      (await client.send(new ConverseCommand({ ...HELLO, ...input }))).serviceTier;
    expect(await tierOf({})).toEqual({ type: 'default' });
    expect(await tierOf({ modelId: CLAUDE, serviceTier: { type: 'reserved' } })).toEqual({ type: 'reserved' });
    fake.settings.tier = 'downgraded';
    expect(await tierOf({ modelId: CLAUDE, serviceTier: { type: 'reserved' } })).toEqual({ type: 'default' });
    fake.settings.tier = 'absent';
    expect(await tierOf({ serviceTier: { type: 'flex' } })).toBeUndefined();
  });

  test('as a stream', async () => {
    const events = await streamOf({ ...HELLO, serviceTier: { type: 'flex' } });
    expect(events.map((event) => Object.keys(event)[0])).toEqual([
      'messageStart',
      ...Array<string>(4).fill('contentBlockDelta'),
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(textOf(events)).toBe('echo: hello over there');
    expect(events.at(-1)).toMatchObject({ metadata: { usage: { outputTokens: 4 }, serviceTier: { type: 'flex' } } });
  });

  test('with calls of tools, whole and streamed, and results', async () => {
    const toolConfig = { tools: [WEATHER, CLOCK] };
    const asked = await client.send(
      new ConverseCommand(say('call get_weather,get_time {"city":"Rome"}', { toolConfig })),
    );
    const content = asked.output!.message!.content!;
    expect(asked.stopReason).toBe('tool_use');
    expect(content).toMatchObject([
      { toolUse: { name: 'get_weather', input: { city: 'Rome' } } },
      { toolUse: { name: 'get_time', input: { city: 'Rome' } } },
    ]);
    const results = content.map(({ toolUse }) => ({
      toolResult: {
        toolUseId: toolUse!.toolUseId,
        content: [{ text: 'fine' }, { image: { format: 'png' as const, source: { bytes: PNG } } }],
      },
    }));
    const told = await client.send(
      new ConverseCommand({
        modelId: MODEL,
        toolConfig,
        messages: [
          { role: 'user', content: [{ text: 'call get_weather,get_time' }] },
          { role: 'assistant', content },
          { role: 'user', content: results },
        ],
      }),
    );
    const each = 'fine [image/png 70 bytes]';
    expect(told.output!.message!.content).toEqual([{ text: `results: get_weather=${each}, get_time=${each}` }]);
    const events = await streamOf(say('call get_time {"zone":"UTC"}', { toolConfig }));
    expect(events[1]).toMatchObject({ contentBlockStart: { start: { toolUse: { name: 'get_time' } } } });
    const input = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.toolUse?.input ?? '').join('');
    expect(input).toBe('{"zone":"UTC"}');
    const forced = await client.send(
      new ConverseCommand({ ...HELLO, toolConfig: { ...toolConfig, toolChoice: { tool: { name: 'get_time' } } } }),
    );
    expect(forced.output!.message!.content).toMatchObject([{ toolUse: { name: 'get_time' } }]);
  });

  test('images and documents are told by type and size', async () => {
    const { output } = await client.send(
      new ConverseCommand({
        modelId: CLAUDE,
        messages: [
          {
            role: 'user',
            content: [
              { text: 'look' },
              { image: { format: 'png', source: { bytes: PNG } } },
              { document: { format: 'txt', name: 'notes', source: { bytes: Buffer.from('abc') } } },
            ],
          },
        ],
      }),
    );
    expect(output!.message!.content).toEqual([{ text: 'echo: look [image/png 70 bytes] [notes txt 3 bytes]' }]);
  });

  test('thoughts, structured output, bounds, stops, and what is withheld', async () => {
    const thinking = {
      modelId: CLAUDE,
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
    };
    const [thought] = (await client.send(new ConverseCommand({ ...HELLO, ...thinking }))).output!.message!.content!;
    expect(thought!.reasoningContent!.reasoningText!.text).toBe('thinking about: hello over there');
    const signatures = (await streamOf({ ...HELLO, ...thinking })).flatMap(
      ({ contentBlockDelta }) => contentBlockDelta?.delta?.reasoningContent?.signature ?? [],
    );
    expect(signatures).toEqual([thought!.reasoningContent!.reasoningText!.signature]);
    const said = async (input: ConverseCommandInput) => {
      const { output, stopReason } = await client.send(new ConverseCommand(input));
      return [output!.message!.content!.map(({ text }) => text).join(''), stopReason];
    };
    const schema = JSON.stringify({ type: 'object', properties: { a: { type: 'integer' } } });
    const outputConfig = { textFormat: { type: 'json_schema' as const, structure: { jsonSchema: { schema } } } };
    expect(await said(say('x', { outputConfig }))).toEqual(['{"a":1}', 'end_turn']);
    expect(await said(say('one two', { inferenceConfig: { maxTokens: 2 } }))).toEqual(['echo: one', 'max_tokens']);
    expect(await said(say('one two', { inferenceConfig: { stopSequences: ['two'] } }))).toEqual([
      'echo: one ',
      'stop_sequence',
    ]);
    expect((await said(say('filter this')))[1]).toBe('content_filtered');
  });

  test("in the makers' own forms, with the tier in headers", async () => {
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 100,
      messages: HELLO.messages!.map(({ role }) => ({ role, content: 'hello over there' })),
    });
    const call = { modelId: CLAUDE, body, contentType: 'application/json', serviceTier: 'reserved' as const };
    const whole = await client.send(new InvokeModelCommand(call));
    expect(whole.serviceTier).toBe('reserved');
    expect(JSON.parse(Buffer.from(whole.body).toString())).toMatchObject({
      type: 'message',
      content: [{ type: 'text', text: 'echo: hello over there' }],
      usage: { input_tokens: 3, output_tokens: 4 },
    });
    const stream = await client.send(new InvokeModelWithResponseStreamCommand(call));
    expect(stream.serviceTier).toBe('reserved');
    const chunks = (await collect(stream.body!)).map(
      ({ chunk }) => JSON.parse(Buffer.from(chunk!.bytes!).toString()) as { type: string },
    );
    expect(chunks[0]!.type).toBe('message_start');
    expect(chunks.at(-1)).toMatchObject({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { inputTokenCount: 3, outputTokenCount: 4 },
    });
    const nova = await client.send(
      new InvokeModelCommand({
        modelId: MODEL,
        body: JSON.stringify({ messages: HELLO.messages, inferenceConfig: { topK: 5 } }),
      }),
    );
    expect(JSON.parse(Buffer.from(nova.body).toString())).toMatchObject({ stopReason: 'end_turn' });
  });

  test('tokens are counted', async () => {
    const { inputTokens } = await client.send(
      new CountTokensCommand({ modelId: MODEL, input: { converse: { messages: HELLO.messages! } } }),
    );
    expect(inputTokens).toBe(3);
  });
});

describe('requests that are wrong', () => {
  const USER = { role: 'user', content: [{ text: 'x' }] };
  const ANSWER = { role: 'assistant', content: [{ text: 'x' }] };
  const call = (toolUseId = 't1') => ({
    role: 'assistant',
    content: [{ toolUse: { toolUseId, name: 'get_weather', input: {} } }],
  });
  const result = (toolUseId = 't1') => ({
    role: 'user',
    content: [{ toolResult: { toolUseId, content: [{ text: 'x' }] } }],
  });
  const content = (...blocks: object[]) => ({ messages: [{ role: 'user', content: blocks }] });
  const toolConfig = { tools: [WEATHER] };

  test.each([
    ['an unknown member', { temperature: 1 }, 'extraneous key [temperature] is not permitted'],
    [
      'one far inside',
      content({ text: 'x', type: 'text' }),
      '#/messages/0/content/0: extraneous key [type] is not permitted',
    ],
    [
      'nothing asked',
      { messages: undefined },
      "Value null at 'messages' failed to satisfy constraint: Member must not be null",
    ],
    [
      'a tier that nobody has',
      { serviceTier: { type: 'turbo' } },
      "Value 'turbo' at 'serviceTier.type' failed to satisfy constraint: Member must satisfy enum value set: [default, priority, flex, reserved]",
    ],
    [
      'too hot',
      { inferenceConfig: { temperature: 1.5 } },
      "Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
    ],
    [
      'a name with a space',
      { toolConfig: { tools: [{ toolSpec: { ...WEATHER.toolSpec, name: 'a b' } }] } },
      "at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9_-]+$",
    ],
    [
      'two things in one block',
      content({ text: 'x', cachePoint: { type: 'default' } }),
      'The ContentBlock object at messages.0.content.0 must set one of the following keys',
    ],
    ['the assistant first', { messages: [ANSWER, USER] }, 'A conversation must start with a user message.'],
    [
      'the same role twice',
      { messages: [USER, USER] },
      'A conversation must alternate between user and assistant roles.',
    ],
    ['nothing in a message', content(), 'The content field in the Message object at messages.0 is empty.'],
    [
      'an empty text',
      content({ text: ' ' }),
      'The text field in the ContentBlock object at messages.0.content.0 is blank.',
    ],
    ['results without their tools', { messages: [USER, call(), result()] }, 'The toolConfig field must be defined'],
    [
      'a result without a call',
      { toolConfig, messages: [result()] },
      'exceeds the number of toolUse blocks of previous turn',
    ],
    [
      'a call without its result',
      { toolConfig, messages: [USER, call(), USER] },
      'Expected toolResult blocks at messages.2.content for the following Ids: t1',
    ],
    [
      'an input that is text',
      {
        toolConfig,
        messages: [
          USER,
          { role: 'assistant', content: [{ toolUse: { toolUseId: 't1', name: 'f', input: '{}' } }] },
          result(),
        ],
      },
      'Provide a json object for the field',
    ],
    [
      'a schema of no object',
      { toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'string' } } } }] } },
      'inputSchema.json.type must be one of the following: object.',
    ],
    [
      'a choice of another tool',
      { toolConfig: { ...toolConfig, toolChoice: { tool: { name: 'x' } } } },
      "Tool 'x' in toolChoice is not defined",
    ],
    ['more than the model can', { inferenceConfig: { maxTokens: 10_001 } }, 'exceeds the model limit of 10000'],
    [
      'what only other makers have',
      { additionalModelRequestFields: { top_k: 5 } },
      'extraneous key [top_k] is not permitted',
    ],
    [
      'an image under another format',
      content({ image: { format: 'jpeg', source: { bytes: PNG_BASE64 } } }),
      'the image appears to be a image/png image',
    ],
    [
      'an image that nobody reads',
      content({ image: { format: 'bmp', source: { bytes: PNG_BASE64 } } }),
      'Member must satisfy enum value set: [png, jpeg, gif, webp]',
    ],
    [
      'a document with a dot in its name',
      content({ text: 'x' }, { document: { name: 'a.pdf', source: { text: 'x' } } }),
      'The document file name can only contain',
    ],
    [
      'a document without a word',
      content({ document: { name: 'a', source: { text: 'x' } } }),
      'A text block must be included with a document.',
    ],
  ])('%s', async (_, change, message) => {
    const told = await send({ messages: [USER], ...change });
    expect(told).toMatchObject({
      status: 400,
      name: 'ValidationException',
      message: expect.stringContaining(message) as string,
    });
    expect(fake.violations).toHaveLength(1);
  });

  test.each([
    [
      'a wrong type',
      MODEL,
      { inferenceConfig: { temperature: 'x' } },
      'SerializationException',
      'STRING_VALUE can not be converted to Float',
    ],
    [
      'flex of a Claude',
      CLAUDE,
      { serviceTier: { type: 'flex' } },
      'ValidationException',
      'The service tier flex is not supported',
    ],
    [
      'a beginning of the answer',
      'us.anthropic.claude-opus-4-8',
      { messages: [USER, ANSWER] },
      'ValidationException',
      'requires the last turn in the conversation to be a user message',
    ],
    [
      'stops where there are none',
      'openai.gpt-oss-120b-1:0',
      { inferenceConfig: { stopSequences: ['x'] } },
      'ValidationException',
      "doesn't support the stopSequences field",
    ],
    [
      'a forced call where there is none',
      'meta.llama3-3-70b-instruct-v1:0',
      { toolConfig: { ...toolConfig, toolChoice: { any: {} } } },
      'ValidationException',
      "doesn't support the toolConfig.toolChoice.any field",
    ],
    [
      'an image where nobody sees',
      'qwen.qwen3-32b-v1:0',
      content({ image: { format: 'png', source: { bytes: PNG_BASE64 } } }),
      'ValidationException',
      "doesn't support the image field",
    ],
    ['a model that nobody has', 'amazon.x', {}, 'ValidationException', 'The provided model identifier is invalid.'],
    [
      'a model that is asked through its profile',
      CLAUDE.slice('us.'.length),
      {},
      'ValidationException',
      'with on-demand throughput isn’t supported',
    ],
  ])('%s', async (_, model, change, name, message) => {
    const told = await send({ messages: [USER], ...change }, model);
    expect(told).toMatchObject({ status: 400, name, message: expect.stringContaining(message) as string });
    expect(fake.violations).toHaveLength(1);
  });

  test('bodies and headers of invoke', async () => {
    const claude = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'x' }],
    };
    const told = async (change: object, headers: Record<string, string> = {}) =>
      (await send({ ...claude, ...change }, CLAUDE, headers, 'invoke')).message;
    expect(await told({ anthropic_version: undefined })).toBe('anthropic_version: Field required');
    expect(await told({ model: 'x' })).toBe('model: Extra inputs are not permitted');
    expect(await told({ thinking: { type: 'adaptive' } })).toContain(
      '"thinking.type.adaptive" is not supported for this model.',
    );
    expect(await told({}, { 'x-amzn-bedrock-service-tier': 'flex' })).toContain(
      'The service tier flex is not supported',
    );
    expect(await told({}, { 'x-amzn-bedrock-service-tier': 'turbo' })).toContain("Value 'turbo' at 'serviceTier'");
    expect(fake.violations).toHaveLength(5);
  });

  test.each([
    ['no key', { authorization: '' }, 403, 'MissingAuthenticationTokenException'],
    ['another key', { authorization: 'Bearer ABSKnobodys' }, 403, 'AccessDeniedException'],
    ['half a signature', { authorization: 'AWS4-HMAC-SHA256 Credential=x' }, 403, 'IncompleteSignatureException'],
    ['no JSON by its type', { 'content-type': 'text/plain' }, 415, 'UnsupportedMediaTypeException'],
  ])('%s', async (_, headers, status, name) => {
    expect(await send(HELLO, MODEL, headers)).toMatchObject({ status, name });
    expect(fake.violations).toHaveLength(1);
  });

  test.each([
    ['another secret', { credentials: { ...BEDROCK_CREDENTIALS, secretAccessKey: 'x' } }, 'InvalidSignatureException'],
    [
      'another account',
      { credentials: { ...BEDROCK_CREDENTIALS, accessKeyId: 'AKIANOBODYS' } },
      'UnrecognizedClientException',
    ],
    [
      'a token that nobody gave',
      { credentials: { ...BEDROCK_CREDENTIALS, sessionToken: 'x' } },
      'UnrecognizedClientException',
    ],
    ['another region', { region: 'eu-west-1' }, 'InvalidSignatureException'],
    ['a clock that is wrong', { systemClockOffset: -3_600_000 }, 'InvalidSignatureException'],
  ])('a signature with %s', async (_, change, name) => {
    const error = await refusalOf(connect(change).send(new ConverseCommand(HELLO)), BedrockRuntimeServiceException);
    expect(error.name).toBe(name);
    expect(error.$metadata.httpStatusCode).toBe(403);
    expect(fake.violations).toHaveLength(1);
  });

  test('a body that is not the one that was signed', async () => {
    await client.send(new ConverseCommand(HELLO));
    const { authorization, host: _host, ...headers } = fake.last().headers as Record<string, string>;
    const sent = { ...headers, authorization: authorization! };
    const response = await fetch(`${fake.url}${fake.last().target}`, {
      method: 'POST',
      headers: sent,
      body: fake.last().bytes.toString().replace('hello', 'adieu'),
    });
    expect(response.status).toBe(403);
    const again = await fetch(`${fake.url}${fake.last().target}`, {
      method: 'POST',
      headers: sent,
      body: fake.requests[0]!.bytes.toString(),
    });
    expect(again.status).toBe(200);
  });
});

describe('faults', () => {
  test.each([
    ['throttled', ThrottlingException, 'ThrottlingException', 429],
    ['unavailable', ServiceUnavailableException, 'ServiceUnavailableException', 503],
    ['notReady', BedrockRuntimeServiceException, 'ModelNotReadyException', 429],
    ['validation', ValidationException, 'ValidationException', 400],
    ['accessDenied', BedrockRuntimeServiceException, 'AccessDeniedException', 403],
    ['expiredToken', BedrockRuntimeServiceException, 'ExpiredTokenException', 403],
    ['timeout', BedrockRuntimeServiceException, 'ModelTimeoutException', 408],
    ['modelError', BedrockRuntimeServiceException, 'ModelErrorException', 424],
    ['internal', BedrockRuntimeServiceException, 'InternalServerException', 500],
    ['untyped', BedrockRuntimeServiceException, 'Unknown', 429],
  ] as const)('%s', async (refusal, kind, name, status) => {
    fake.next(refuse(BEDROCK_REFUSALS[refusal]));
    const error = await refusalOf(client.send(new ConverseCommand(HELLO)), kind);
    expect(error.name).toBe(name);
    expect(error.$metadata.httpStatusCode).toBe(status);
    expect(fake.violations).toEqual([]);
    await client.send(new ConverseCommand(HELLO));
  });

  async function streamed(fault: Fault): Promise<{ text: string; error: unknown }> {
    fake.next(fault);
    const events: ConverseStreamOutput[] = [];
    try {
      for await (const event of (await client.send(new ConverseStreamCommand(HELLO))).stream!) events.push(event);
      return { text: textOf(events), error: null };
    } catch (error) {
      return { text: textOf(events), error };
    }
  }

  test('inside a stream', async () => {
    expect((await streamed({ kind: 'die', afterEvents: 3 })).error).toBeInstanceOf(Error);
    expect(await streamed({ kind: 'truncate', afterEvents: 3 })).toEqual({ text: 'echo: hello', error: null });
    expect(await streamed({ kind: 'trickle' })).toEqual({ text: 'echo: hello over there', error: null });
    expect((await streamed({ kind: 'malformed-json', afterEvents: 2 })).error).toBeInstanceOf(Error);
    const refused = await streamed({ kind: 'error-event', afterEvents: 2, refusal: BEDROCK_REFUSALS.throttled });
    expect(refused.text).toBe('echo:');
    expect(refused.error).toBeInstanceOf(ThrottlingException);
  });

  test.each(['checksum', 'preludeChecksum', 'payload', 'truncated'] as const)(
    'a frame that is spoiled: %s',
    async (how) => {
      const { text, error } = await streamed({ kind: 'mangle', event: 2, how: SPOILED[how], ends: true });
      expect(text).toBe('echo:');
      expect(error).toBeInstanceOf(Error);
    },
  );

  test('a caller that leaves is recorded', async () => {
    fake.next({ kind: 'hang' });
    const leaving = new AbortController();
    const gone = refusalOf(client.send(new ConverseCommand(HELLO), { abortSignal: leaving.signal }), Error);
    await until(() => fake.requests.length === 1, 'the request is there');
    leaving.abort();
    await gone;
    await until(() => fake.last().aborted, 'the fake sees that the caller left');
  });
});
