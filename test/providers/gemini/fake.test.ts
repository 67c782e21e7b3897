import { ApiError, FunctionCallingConfigMode, GoogleGenAI, ServiceTier, ThinkingLevel, Type } from '@google/genai';
import type {
  Content as SdkContent,
  GenerateContentConfig,
  GenerateContentResponse,
  Part as SdkPart,
} from '@google/genai';
import { GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { refuse, type Fault } from '../fault.ts';
import { PNG_BASE64 } from '../media.ts';
import type { Members } from '../members.ts';
import { collect, refusalOf, until } from '../until.ts';
import { GEMINI_KEY, startGemini, type GeminiFake } from './fake.ts';
import { GEMINI_REFUSALS } from './refusals.ts';
import type { GenerateRequest, Part } from './schema.ts';
import { geminiSettings } from './settings.ts';

let fake: GeminiFake;
let client: GoogleGenAI;

beforeAll(async () => {
  fake = await startGemini();
  client = new GoogleGenAI({ apiKey: GEMINI_KEY, httpOptions: { baseUrl: fake.url } });
});

beforeEach(() => {
  fake.reset();
  Object.assign(fake.settings, geminiSettings());
});

afterAll(() => fake.close());

const MODEL = 'gemini-3.8-flash';
const OLDER = 'gemini-2.5-flash';
const HELLO = { model: MODEL, contents: 'hello over there' };
const WEATHER = {
  name: 'get_weather',
  parameters: { type: Type.OBJECT, properties: { city: { type: Type.STRING }, days: { type: Type.INTEGER } } },
};
const CLOCK = { name: 'get_time', parametersJsonSchema: { type: 'object', properties: {} } };
const TOOLS = [{ functionDeclarations: [WEATHER, CLOCK] }];

interface Sent {
  readonly status: number;
  readonly error: {
    readonly code: number;
    readonly status: string;
    readonly message: string;
    readonly details?: readonly object[];
  };
}

/** A body that the SDK's types would not let through, or headers that it would not send. */
async function send(
  body: unknown,
  model = MODEL,
  headers: Record<string, string> = { 'x-goog-api-key': GEMINI_KEY },
  type = 'application/json',
): Promise<Sent> {
  const response = await fetch(`${fake.url}/v1beta/models/${model}:generateContent`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: JSON.stringify(body),
  });
  const { error } = (await response.json()) as Pick<Sent, 'error'>;
  return { status: response.status, error };
}

function textOf(chunks: readonly GenerateContentResponse[]): string {
  return chunks.map(({ text }) => text ?? '').join('');
}

/** Of parts, what no other wire has; of configurations, what the SDK does not send to the Developer API, or as part of the body. */
type AbsentPart = 'toolCall' | 'toolResponse' | 'audioTranscription' | 'mediaProcessing' | 'speechMetadata';
type NotInConfig =
  | 'httpOptions'
  | 'abortSignal'
  | 'serviceTier'
  | 'systemInstruction'
  | 'routingConfig'
  | 'modelSelectionConfig'
  | 'safetySettings'
  | 'tools'
  | 'toolConfig'
  | 'labels'
  | 'cachedContent'
  | 'audioTimestamp'
  | 'automaticFunctionCalling'
  | 'audioTranscriptionConfig'
  | 'modelArmorConfig'
  | 'continuationToken'
  | 'automaticContinuation'
  | 'generationOutputConfig'
  | 'store';

test('the schema has the members that the SDK sends, no more and no fewer', () => {
  expectTypeOf<keyof Part>().toEqualTypeOf<Exclude<keyof SdkPart, AbsentPart>>();
  expectTypeOf<keyof NonNullable<GenerateRequest['generationConfig']>>().toEqualTypeOf<
    Exclude<keyof GenerateContentConfig, NotInConfig>
  >();
  type Calling<T> = T extends { toolConfig?: infer C } ? Omit<NonNullable<C>, 'functionCallingConfig'> : never;
  expectTypeOf<Members<Calling<GenerateRequest>>>().toEqualTypeOf<Members<Calling<GenerateContentConfig>>>();
});

describe('answers', () => {
  afterEach(() => {
    expect(fake.violations).toEqual([]);
  });

  test('in one piece', async () => {
    fake.settings.usage = { input: 20, cached: 8, output: 3, reasoning: 5 };
    const answer = await client.models.generateContent({ ...HELLO, config: { serviceTier: ServiceTier.FLEX } });
    expect(answer.text).toBe('echo: hello over there');
    expect(answer.candidates).toEqual([
      { content: { role: 'model', parts: [{ text: 'echo: hello over there' }] }, finishReason: 'STOP', index: 0 },
    ]);
    expect(answer.usageMetadata).toEqual({
      promptTokenCount: 20,
      cachedContentTokenCount: 8,
      cacheTokensDetails: [{ modality: 'TEXT', tokenCount: 8 }],
      candidatesTokenCount: 3,
      thoughtsTokenCount: 5,
      totalTokenCount: 28,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 20 }],
      serviceTier: 'flex',
    });
    expect(answer.modelVersion).toBe(MODEL);
    expect(answer.sdkHttpResponse?.headers?.['x-gemini-service-tier']).toBe('flex');
    expect(fake.last()).toMatchObject({ path: `/v1/models/${MODEL}:generateContent`, body: { serviceTier: 'flex' } });
    expect(fake.last().headers['x-goog-api-key']).toBe(GEMINI_KEY);
  });

  test('the served tier is told as the test wants it', async () => {
    const tierOf = async (serviceTier?: ServiceTier) => {
      const { sdkHttpResponse, usageMetadata } = await client.models.generateContent({
        ...HELLO,
        config: serviceTier === undefined ? {} : { serviceTier },
      });
      const { serviceTier: inUsage } = usageMetadata as { serviceTier?: string };
      expect(sdkHttpResponse?.headers?.['x-gemini-service-tier']).toBe(inUsage);
      return inUsage;
    };
    expect(await tierOf(ServiceTier.PRIORITY)).toBe('priority');
    expect(await tierOf()).toBe('standard');
    fake.settings.tier = 'downgraded';
    expect(await tierOf(ServiceTier.PRIORITY)).toBe('standard');
    fake.settings.tier = 'absent';
    expect(await tierOf(ServiceTier.FLEX)).toBeUndefined();
  });

  test('as a stream, to either SDK', async () => {
    const chunks = await collect(await client.models.generateContentStream(HELLO));
    expect(textOf(chunks)).toBe('echo: hello over there');
    expect(chunks).toHaveLength(4);
    expect(chunks.map(({ candidates }) => candidates![0]!.finishReason)).toEqual([
      undefined,
      undefined,
      undefined,
      'STOP',
    ]);
    expect(chunks.every(({ usageMetadata }) => usageMetadata?.candidatesTokenCount === 4)).toBe(true);
    const older = new GoogleGenAI2({ apiKey: GEMINI_KEY, httpOptions: { baseUrl: fake.url } });
    const said = [];
    for await (const { text } of await older.models.generateContentStream(HELLO)) said.push(text);
    expect(said.join('')).toBe('echo: hello over there');
    expect(fake.last().target).toBe(`/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`);
  });

  test('both kinds of streams are framed as the API does it', async () => {
    const read = async (query: string) => {
      const response = await fetch(
        `${fake.url}/v1beta/models/${MODEL}:streamGenerateContent?key=${GEMINI_KEY}${query}`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            contents: { parts: { text: 'x' } },
            system_instruction: { parts: [{ text: 'y' }] },
            generation_config: { max_output_tokens: 5, top_k: null },
          }),
        },
      );
      return { type: response.headers.get('content-type'), text: await response.text() };
    };
    const events = await read('&alt=sse');
    expect(events.type).toBe('text/event-stream');
    expect(events.text).toMatch(/^(?:data: \{.*\}\r\n\r\n){2}$/);
    const list = await read('');
    expect(list.type).toBe('application/json; charset=UTF-8');
    expect(JSON.parse(list.text)).toHaveLength(2);
  });

  test('with calls of tools, results, and signatures in between', async () => {
    const question: SdkContent = { role: 'user', parts: [{ text: 'call get_weather,get_time {"city":"Rome"}' }] };
    const asked = await client.models.generateContent({ model: MODEL, contents: [question], config: { tools: TOOLS } });
    expect(asked.functionCalls).toMatchObject([
      { name: 'get_weather', args: { city: 'Rome' } },
      { name: 'get_time', args: { city: 'Rome' } },
    ]);
    const content = asked.candidates![0]!.content!;
    expect(content.parts!.map(({ thoughtSignature }) => thoughtSignature !== undefined)).toEqual([true, false]);
    expect(asked.candidates![0]!.finishReason).toBe('STOP');
    const results = asked.functionCalls!.map(({ id, name }) => ({
      functionResponse: { id: id!, name: name!, response: { output: 'fine' } },
    }));
    const told = await client.models.generateContent({
      model: MODEL,
      contents: [question, content, { role: 'user', parts: results }],
      config: { tools: TOOLS },
    });
    expect(told.text).toBe('results: get_weather=fine, get_time=fine');
    const streamed = await collect(
      await client.models.generateContentStream({ model: MODEL, contents: [question], config: { tools: TOOLS } }),
    );
    expect(streamed.flatMap(({ functionCalls }) => functionCalls ?? []).map(({ name }) => name)).toEqual([
      'get_weather',
      'get_time',
    ]);
  });

  test('a forced call', async () => {
    const { functionCalls } = await client.models.generateContent({
      ...HELLO,
      config: {
        tools: TOOLS,
        toolConfig: {
          functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['get_time'] },
        },
      },
    });
    expect(functionCalls).toMatchObject([{ name: 'get_time', args: {} }]);
  });

  test('images are told by type and size', async () => {
    const { text } = await client.models.generateContent({
      model: MODEL,
      contents: [
        { role: 'user', parts: [{ inlineData: { mimeType: 'image/png', data: PNG_BASE64 } }, { text: 'look' }] },
      ],
    });
    expect(text).toBe('echo: look [image/png 70 bytes]');
  });

  test('thoughts, structured output, bounds, stops, log probabilities', async () => {
    const said = (config: GenerateContentConfig, model = MODEL) =>
      client.models.generateContent({ ...HELLO, model, config });
    const thought = await said({ thinkingConfig: { includeThoughts: true, thinkingLevel: ThinkingLevel.LOW } });
    expect(thought.candidates![0]!.content!.parts).toEqual([
      { text: 'thinking about: hello over there', thought: true },
      { text: 'echo: hello over there' },
    ]);
    expect((await said({ thinkingConfig: { thinkingBudget: 0 } }, OLDER)).usageMetadata).not.toHaveProperty(
      'thoughtsTokenCount',
    );
    const schema = { type: Type.OBJECT, properties: { kind: { type: Type.STRING, enum: ['a', 'b'] } } };
    expect((await said({ responseMimeType: 'application/json', responseSchema: schema })).text).toBe('{"kind":"a"}');
    expect(await said({ maxOutputTokens: 2 })).toMatchObject({
      text: 'echo: hello',
      candidates: [{ finishReason: 'MAX_TOKENS' }],
    });
    expect((await said({ stopSequences: ['over'] })).text).toBe('echo: hello ');
    const [candidate] = (await said({ responseLogprobs: true, logprobs: 2, maxOutputTokens: 1 }, OLDER)).candidates!;
    expect(candidate!.logprobsResult!.topCandidates![0]!.candidates).toHaveLength(2);
    expect((await said({ candidateCount: 2 }, OLDER)).candidates!.map(({ index }) => index)).toEqual([0, 1]);
  });

  test('what is withheld: before it begins, and after', async () => {
    const blocked = await client.models.generateContent({ ...HELLO, contents: 'refuse this' });
    expect(blocked).toMatchObject({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } });
    expect(blocked.candidates).toBeUndefined();
    const { candidates } = await client.models.generateContent({ ...HELLO, contents: 'filter this' });
    expect(candidates![0]!.finishReason).toBe('SAFETY');
  });

  test('tokens are counted and models listed, page by page', async () => {
    expect(await client.models.countTokens(HELLO)).toMatchObject({ totalTokens: 3 });
    const names = (await collect(await client.models.list({ config: { pageSize: 2 } }))).map(({ name }) => name);
    expect(names).toContain(`models/${MODEL}`);
    expect(fake.requests.length).toBeGreaterThan(3);
    expect((await client.models.get({ model: MODEL })).thinking).toBe(true);
  });
});

describe('requests that are wrong', () => {
  const USER = { role: 'user', parts: [{ text: 'x' }] };
  const call = (name: string, more: object = {}) => ({
    role: 'model',
    parts: [{ functionCall: { name, args: {} }, ...more }],
  });
  const result = (name: string) => ({ role: 'user', parts: [{ functionResponse: { name, response: {} } }] });
  const image = (mimeType: string, data: string) => [{ role: 'user', parts: [{ inlineData: { mimeType, data } }] }];
  const parameters = (schema: object) => ({ tools: [{ functionDeclarations: [{ name: 'f', parameters: schema }] }] });

  test.each([
    ['an unknown member', { temperature: 1 }, 'Unknown name "temperature": Cannot find field.'],
    [
      'one far inside',
      { contents: [{ parts: [{ text: 'x', cacheControl: {} }] }] },
      `Unknown name "cache_control" at 'contents[0].parts[0]': Cannot find field.`,
    ],
    [
      'a word of JSON schema',
      parameters({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }),
      `Unknown name "additional_properties" at 'tools[0].function_declarations[0].parameters'`,
    ],
    [
      'a wrong type',
      { generationConfig: { temperature: 'hot' } },
      `Invalid value at 'generation_config.temperature' (TYPE_FLOAT), "hot"`,
    ],
    ['a list for a message', { systemInstruction: [] }, 'Proto field is not repeating, cannot start list.'],
    [
      'a tier that nobody has',
      { serviceTier: 'turbo' },
      `Invalid value at 'service_tier' (type.googleapis.com/google.ai.generativelanguage.v1beta.ServiceTier), "TURBO"`,
    ],
    ['nothing asked', { contents: [] }, 'contents is not specified'],
    ['nothing said', { contents: [{ role: 'user', parts: [] }] }, 'contents.parts must not be empty'],
    [
      'two things in one part',
      { contents: [{ parts: [{ text: 'x', functionCall: { name: 'f' } }] }] },
      "oneof field 'data' is already set",
    ],
    ['an empty part', { contents: [{ parts: [{}] }] }, "required oneof field 'data' must have one initialized field"],
    ['a role that nobody has', { contents: [{ ...USER, role: 'assistant' }] }, 'Please use a valid role: user, model.'],
    [
      'a result without a call',
      { contents: [USER, result('f')] },
      'function response turn comes immediately after a function call turn',
    ],
    [
      'a call without its result',
      { contents: [USER, call('f', { thoughtSignature: 'skip_thought_signature_validator' }), USER] },
      'number of function response parts is equal',
    ],
    [
      'a call without its signature',
      { contents: [USER, call('f'), result('f')] },
      'Function call is missing a thought_signature in functionCall parts.',
    ],
    [
      'a signature of somebody else',
      { contents: [USER, call('f', { thoughtSignature: 'AAAA' }), result('f')] },
      'Corrupted thought signature.',
    ],
    ['a name with a space', { tools: [{ functionDeclarations: [{ name: 'a b' }] }] }, 'Invalid function name.'],
    [
      'an object without properties',
      parameters({ type: 'OBJECT' }),
      'parameters.properties: should be non-empty for OBJECT type',
    ],
    ['a list of nothing', parameters({ type: 'ARRAY' }), 'parameters.items: missing field.'],
    [
      'a format of JSON schema',
      parameters({ type: 'STRING', format: 'uri' }),
      "format: only 'enum' and 'date-time' are supported",
    ],
    [
      'what is required and not there',
      parameters({ type: 'OBJECT', properties: { a: { type: 'STRING' } }, required: ['b'] }),
      'required[0]: property is not defined',
    ],
    ['any of no tools', { toolConfig: { functionCallingConfig: { mode: 'ANY' } } }, 'without function_declarations'],
    ['too hot', { generationConfig: { temperature: 3 } }, 'generation_config.temperature: must be at most 2'],
    [
      'a schema without its type',
      { generationConfig: { responseJsonSchema: {} } },
      "only supported with response mime type 'application/json'",
    ],
    [
      'two ways to think',
      { generationConfig: { thinkingConfig: { thinkingBudget: 5, thinkingLevel: 'LOW' } } },
      'only one of thinking budget and thinking level',
    ],
    [
      'no thoughts where they are always',
      { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } },
      'This model only works in thinking mode.',
    ],
    [
      'log probabilities where there are none',
      { generationConfig: { responseLogprobs: true } },
      'Logprobs is not enabled',
    ],
    ['an image that nobody reads', { contents: image('image/gif', PNG_BASE64) }, 'Unsupported MIME type: image/gif'],
    ['an image that is none', { contents: image('image/png', 'AAAA') }, 'Unable to process input image'],
    ['no base64', { contents: image('image/png', '***') }, 'Base64 decoding failed'],
  ])('%s', async (_, change, message) => {
    const { status, error } = await send({ contents: [USER], ...change });
    expect(error).toMatchObject({
      code: 400,
      status: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message) as string,
    });
    expect(status).toBe(400);
    expect(fake.violations).toHaveLength(1);
  });

  test.each([
    ['a level where there is a budget', OLDER, { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } }, 400],
    ['flex where there is none', 'gemini-2.0-flash', { serviceTier: 'flex' }, 400],
    ['a model that nobody has', 'gemini-x', {}, 404],
  ])('%s', async (_, model, change, status) => {
    expect((await send({ contents: [USER], ...change }, model)).status).toBe(status);
    expect(fake.violations).toHaveLength(1);
  });

  test.each([
    ['no key', {}, 'application/json', 403, 'PERMISSION_DENIED'],
    [
      'a key in the wrong place',
      { authorization: `Bearer ${GEMINI_KEY}` },
      'application/json',
      403,
      'PERMISSION_DENIED',
    ],
    ['another key', { 'x-goog-api-key': 'AIzaNobodys' }, 'application/json', 400, 'INVALID_ARGUMENT'],
    ['no JSON by its type', { 'x-goog-api-key': GEMINI_KEY }, 'text/plain', 400, 'INVALID_ARGUMENT'],
  ])('%s', async (_, headers, type, status, word) => {
    const told = await send({ contents: [USER] }, MODEL, headers as Record<string, string>, type);
    expect([told.status, told.error.status]).toEqual([status, word]);
    expect(fake.violations).toHaveLength(1);
  });
});

describe('faults', () => {
  test.each([
    ['overloaded', 503, 'UNAVAILABLE', undefined],
    ['requestLimit', 429, 'RESOURCE_EXHAUSTED', '34s'],
    ['dailyQuota', 429, 'RESOURCE_EXHAUSTED', '27s'],
    ['exhausted', 429, 'RESOURCE_EXHAUSTED', undefined],
    ['invalidKey', 400, 'INVALID_ARGUMENT', undefined],
    ['unauthenticated', 401, 'UNAUTHENTICATED', undefined],
    ['internal', 500, 'INTERNAL', undefined],
    ['deadline', 504, 'DEADLINE_EXCEEDED', undefined],
  ] as const)('%s', async (name, status, word, wait) => {
    fake.next(refuse(GEMINI_REFUSALS[name]));
    const error = await refusalOf(client.models.generateContent(HELLO), ApiError);
    expect(error.status).toBe(status);
    const { error: inner } = JSON.parse(error.message) as { error: Sent['error'] };
    expect(inner.status).toBe(word);
    const info = inner.details?.find((detail) => 'retryDelay' in detail) as { retryDelay: string } | undefined;
    expect(info?.retryDelay).toBe(wait);
    expect(fake.violations).toEqual([]);
    await client.models.generateContent(HELLO);
  });

  async function streamed(fault: Fault): Promise<{ text: string; error: unknown }> {
    fake.next(fault);
    let text = '';
    try {
      for await (const chunk of await client.models.generateContentStream(HELLO)) text += chunk.text ?? '';
      return { text, error: null };
    } catch (error) {
      return { text, error };
    }
  }

  test('inside a stream', async () => {
    expect((await streamed({ kind: 'die', afterEvents: 2 })).error).toBeInstanceOf(Error);
    expect(await streamed({ kind: 'truncate' })).toEqual({ text: 'echo: hello over', error: null });
    expect(await streamed({ kind: 'trickle' })).toEqual({ text: 'echo: hello over there', error: null });
    expect((await streamed({ kind: 'malformed-json' })).error).toBeInstanceOf(Error);
    const refused = await streamed({ kind: 'error-event', afterEvents: 1, refusal: GEMINI_REFUSALS.overloaded });
    expect(refused).toMatchObject({ text: 'echo:', error: { name: 'ApiError', status: 503 } });
  });

  test('a caller that leaves is recorded', async () => {
    fake.next({ kind: 'hang' });
    const leaving = new AbortController();
    const gone = refusalOf(client.models.generateContent({ ...HELLO, config: { abortSignal: leaving.signal } }), Error);
    await until(() => fake.requests.length === 1, 'the request is there');
    leaving.abort();
    await gone;
    await until(() => fake.last().aborted, 'the fake sees that the caller left');
  });
});
