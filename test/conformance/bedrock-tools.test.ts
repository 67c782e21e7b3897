import { type ContentBlock, type Message, type ToolConfiguration } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../e2e/books.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import { connect, converse, startBedrockHouse, TRANSPORTS, WAYS, type BedrockHouse } from './bedrock-clients.ts';

/** Tools and thoughts: what an answer says has to come back in the next request, on whichever upstream. */

let house: BedrockHouse;
beforeAll(async () => {
  house = await startBedrockHouse();
});
afterEach(() => {
  expect(house.violations()).toEqual([]);
});
afterAll(async () => {
  try {
    await checkBooks(house);
  } finally {
    await house.close();
  }
});

const city = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const TOOLS: ToolConfiguration = {
  tools: [
    { toolSpec: { name: 'get_weather', description: 'The weather of a city.', inputSchema: { json: city } } },
    { toolSpec: { name: 'get_time', inputSchema: { json: city } } },
  ],
};
const ASK: Message = { role: 'user', content: [{ text: 'call get_weather,get_time {"city":"Rome"}' }] };
const BOUND = { inferenceConfig: { maxTokens: 64 } };
const BOTH = 'results: get_weather=value 0, get_time=value 1';

function callsIn(content: readonly ContentBlock[]): NonNullable<ContentBlock['toolUse']>[] {
  return content.flatMap(({ toolUse }) => toolUse ?? []);
}

function resultsFor(content: readonly ContentBlock[]): Message {
  const results = callsIn(content).map(({ toolUseId }, index) => ({
    toolResult: { toolUseId, content: [{ text: `value ${index}` }] },
  }));
  return { role: 'user', content: results };
}

const MODELS = [
  { modelId: 'sim-8b', tells: false },
  { modelId: 'amazon.nova-pro-v1:0', tells: true },
  { modelId: 'us.anthropic.claude-opus-4-8', tells: true },
  { modelId: 'openai.gpt-oss-120b-1:0', tells: true },
  { modelId: 'claude-sonnet-4-6', tells: true },
];
const CASES = TRANSPORTS.flatMap((transport) =>
  MODELS.flatMap((seat) => WAYS.map((way) => ({ transport, name: transport.name, way, ...seat }))),
);

test.each(CASES)(
  '$name, $modelId, $way: parallel calls and their results',
  async ({ transport, modelId, tells, way }) => {
    const client = connect(house.url, transport);
    const asked = await converse(client, way, { modelId, messages: [ASK], toolConfig: TOOLS, ...BOUND });
    expect(asked.stop).toBe('tool_use');
    const calls = callsIn(asked.content);
    expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_time']);
    for (const { input } of calls) expect(input).toEqual({ city: tells ? 'Rome' : (expect.any(String) as string) });
    expect(new Set(calls.map(({ toolUseId }) => toolUseId)).size).toBe(2);
    const messages = [ASK, { role: 'assistant' as const, content: asked.content }, resultsFor(asked.content)];
    const told = await converse(client, way, { modelId, messages, toolConfig: TOOLS, ...BOUND });
    expect(told.stop).not.toBe('tool_use');
    if (tells) expect(told.text).toBe(BOTH);
    else expect(told.text).not.toBe('');
  },
);

test.each([
  { choice: { any: {} }, names: ['get_weather'] },
  { choice: { tool: { name: 'get_time' } }, names: ['get_time'] },
  { choice: { auto: {} }, names: [] },
])('a choice of $choice is a choice everywhere', async ({ choice, names }) => {
  for (const modelId of ['sim-8b', 'amazon.nova-pro-v1:0', 'claude-sonnet-4-6']) {
    const { content } = await converse(connect(house.url), 'unary', {
      modelId,
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      toolConfig: { ...TOOLS, toolChoice: choice as never },
      ...BOUND,
    });
    expect(callsIn(content).map(({ name }) => name)).toEqual(names);
  }
});

test.each(['amazon.nova-pro-v1:0', 'claude-sonnet-4-6'])('%s: results of every kind', async (modelId) => {
  const bytes = Buffer.from(PNG_BASE64, 'base64');
  const calls = ['a', 'b', 'c'].map((toolUseId) => ({
    toolUse: { toolUseId, name: 'get_weather', input: { city: 'Rome' } },
  }));
  const results = [
    { toolResult: { toolUseId: 'a', content: [{ json: { degrees: 30 } }] } },
    { toolResult: { toolUseId: 'b', status: 'error' as const, content: [{ text: 'no such city' }] } },
    {
      toolResult: {
        toolUseId: 'c',
        content: [{ text: 'see:' }, { image: { format: 'png' as const, source: { bytes } } }],
      },
    },
  ];
  const { text } = await converse(connect(house.url), 'unary', {
    modelId,
    messages: [ASK, { role: 'assistant', content: calls }, { role: 'user', content: results }],
    toolConfig: TOOLS,
    ...BOUND,
  });
  for (const part of ['{"degrees":30}', 'error no such city', `image/png ${bytes.length} bytes`])
    expect(text).toContain(part);
});

describe.each(WAYS)('thoughts, %s', (way) => {
  const THINK = {
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 } },
    inferenceConfig: { maxTokens: 2_000 },
  };
  const THINKERS = ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-6'];

  test.each(THINKERS)('%s: are blocks of their own, signed', async (modelId) => {
    const messages = [{ role: 'user' as const, content: [{ text: 'Hello' }] }];
    const { content, text } = await converse(connect(house.url), way, { modelId, messages, ...THINK });
    expect(text).toBe('echo: Hello');
    expect(content[0]!.reasoningContent?.reasoningText).toEqual({
      text: 'thinking about: Hello',
      signature: expect.any(String) as string,
    });
  });

  test.each(THINKERS)('%s: come back with the calls that they led to', async (modelId) => {
    const client = connect(house.url);
    const ask = { modelId, toolConfig: TOOLS, ...THINK };
    const { content } = await converse(client, way, { ...ask, messages: [ASK] });
    expect(content[0]!.reasoningContent?.reasoningText?.signature).not.toBe('');
    const messages = [ASK, { role: 'assistant' as const, content }, resultsFor(content)];
    expect((await converse(client, way, { ...ask, messages })).text).toBe(BOTH);
    const fake = modelId.startsWith('us.') ? house.bedrock : house.anthropic;
    expect(fake.last().bytes.toString()).toContain('thinking about: call get_weather');
  });

  test.each([
    ['claude-sonnet-4-6', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-sonnet-4-6'],
    ['claude-sonnet-4-6', 'amazon.nova-pro-v1:0'],
    ['openai.gpt-oss-120b-1:0', 'claude-sonnet-4-6'],
    ['claude-sonnet-4-6', 'sim-8b'],
  ])('of %s are nothing to %s, which goes on without them', async (first, second) => {
    const client = connect(house.url);
    const think = first.startsWith('openai') ? BOUND : THINK;
    const { content } = await converse(client, way, { modelId: first, toolConfig: TOOLS, messages: [ASK], ...think });
    expect(content.some(({ reasoningContent }) => reasoningContent !== undefined)).toBe(true);
    const messages = [ASK, { role: 'assistant' as const, content }, resultsFor(content)];
    const told = await converse(client, way, { modelId: second, toolConfig: TOOLS, messages, ...BOUND });
    if (second === 'sim-8b') expect(told.text).not.toBe('');
    else expect(told.text).toBe(BOTH);
    for (const fake of [house.bedrock, house.anthropic]) {
      const bodies = fake.requests.map(({ bytes }) => bytes.toString());
      expect(bodies.filter((body) => body.includes('offpeak:'))).toEqual([]);
    }
  });
});
