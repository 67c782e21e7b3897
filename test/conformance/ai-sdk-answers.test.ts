import {
  generateObject,
  generateText,
  isStepCount,
  jsonSchema,
  Output,
  streamText,
  tool,
  type ModelMessage,
  type ToolSet,
} from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Witness } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import { PNG_BASE64 } from '../providers/media.ts';
import { AI_CASES, AI_PROVIDERS, BEHIND, modelOf, OWN_NAMES } from './ai-sdk-providers.ts';

/** What Vercel's AI SDK makes of answers, through the package of each wire. */

// It would warn of what is deprecated and still in wide use.
(globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;

let house: HostedHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startHosted({ engines: [{}], providers: BEHIND, config: OWN_NAMES });
});
afterEach(() => {
  house.checkProviders();
});
afterAll(() => closeChecked(house, witness));

const WEATHER = {
  description: 'The weather of a place.',
  inputSchema: jsonSchema<{ city: string }>({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  }),
};

describe.each(AI_CASES)('$name', (kase) => {
  const { echoes } = kase;
  const usual = () => ({ model: modelOf(kase, house, witness.fetch), maxOutputTokens: 100, maxRetries: 0 });

  test('text comes whole and in pieces, with its usage and why it ended', async () => {
    const ask = { ...usual(), maxOutputTokens: 12, instructions: 'Be brief.', prompt: 'hello over there' };
    const whole = await generateText(ask);
    if (echoes) expect(whole.text).toBe('echo: hello over there');
    else expect(whole.text.split(' ')).toHaveLength(12);
    expect(whole.finishReason).toBe(echoes ? 'stop' : 'length');
    expect(whole.usage.inputTokens).toBeGreaterThan(0);
    expect(whole.usage.outputTokens).toBeGreaterThan(0);
    expect(whole.warnings ?? []).toEqual([]);
    expect(whole.response.headers).toMatchObject({
      'offpeak-tier': 'standard',
      'x-request-id': expect.any(String) as string,
    });

    const stream = streamText(ask);
    const pieces: string[] = [];
    for await (const piece of stream.textStream) pieces.push(piece);
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(whole.text);
    expect(await stream.finishReason).toBe(whole.finishReason);
    expect((await stream.response).headers).toMatchObject({ 'offpeak-tier': 'standard' });
    expect((await stream.usage).outputTokens).toBe(whole.usage.outputTokens);
    expect((await stream.usage).inputTokens).toBe(whole.usage.inputTokens);
  });

  test('tools are called and their results read, until the model is done', async () => {
    const places: string[] = [];
    const tools = {
      get_weather: tool({
        ...WEATHER,
        execute: ({ city }) => {
          places.push(city);
          return Promise.resolve('sunny');
        },
      }),
    };
    const ask = { ...usual(), prompt: 'call get_weather', tools, stopWhen: isStepCount(3) };
    const whole = await generateText(ask);
    expect(whole.steps.map(({ finishReason }) => finishReason)[0]).toBe('tool-calls');
    expect(whole.steps).toHaveLength(2);
    expect(whole.text).not.toBe('');
    const stream = streamText(ask);
    await stream.consumeStream();
    expect(await stream.steps).toHaveLength(2);
    expect(await stream.text).toBe(whole.text);
    expect(places).toHaveLength(2);
    expect(places.every((place) => typeof place === 'string')).toBe(true);
    if (echoes) expect(whole.text).toContain('get_weather=');
  });

  test('several calls at once', async () => {
    const tools: ToolSet = { get_weather: tool(WEATHER), get_time: tool({ inputSchema: WEATHER.inputSchema }) };
    const ask = { ...usual(), prompt: 'call get_weather,get_time', tools };
    const whole = await generateText(ask);
    expect(whole.toolCalls.map(({ toolName }) => toolName)).toEqual(['get_weather', 'get_time']);
    expect(new Set(whole.toolCalls.map(({ toolCallId }) => toolCallId)).size).toBe(2);
    const stream = streamText(ask);
    await stream.consumeStream();
    expect((await stream.toolCalls).map(({ toolName, input }) => [toolName, input])).toEqual(
      whole.toolCalls.map(({ toolName, input }) => [toolName, input]),
    );
  });

  test('a call can be demanded', async () => {
    const whole = await generateText({
      ...usual(),
      prompt: 'hello',
      tools: { get_weather: tool(WEATHER) },
      toolChoice: 'required',
    });
    expect(whole.toolCalls).toMatchObject([{ toolName: 'get_weather' }]);
  });

  test('an image is seen', async () => {
    const messages: ModelMessage[] = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'look' },
          { type: 'file', data: Buffer.from(PNG_BASE64, 'base64'), mediaType: 'image/png' },
        ],
      },
    ];
    const { text } = await generateText({ ...usual(), messages });
    if (echoes) expect(text).toBe('echo: look [image/png 70 bytes]');
    else expect(text).not.toBe('');
  });

  test('an answer has the form that was asked for', async () => {
    const schema = jsonSchema<{ cheap: boolean; hours: number }>({
      type: 'object',
      properties: { cheap: { type: 'boolean' }, hours: { type: 'integer' } },
      required: ['cheap', 'hours'],
      additionalProperties: false,
    });
    const expected = { cheap: expect.any(Boolean) as boolean, hours: expect.any(Number) as number };
    const ask = { ...usual(), prompt: 'When is power cheap?', output: Output.object({ schema }) };
    expect((await generateText(ask)).output).toEqual(expected);
    const stream = streamText(ask);
    await stream.consumeStream();
    expect(await stream.output).toEqual(expected);
    // The older way to ask for the same.
    expect((await generateObject({ ...usual(), prompt: 'When is power cheap?', schema })).object).toEqual(expected);
  });
});

describe.each(AI_PROVIDERS)('$name', (provider) => {
  test.each(provider.bases)('is served at base "%s"', async (base) => {
    const model = provider.connect(house.url + base, { fetch: witness.fetch })(provider.own);
    const { text } = await generateText({ model, prompt: 'hello', maxOutputTokens: 4, maxRetries: 0 });
    expect(text).not.toBe('');
  });
});
