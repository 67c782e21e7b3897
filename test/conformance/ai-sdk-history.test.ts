import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, isStepCount, jsonSchema, streamText, tool, type ModelMessage } from 'ai';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Witness } from '../e2e/books.ts';
import { closeChecked, startHosted, type HostedHouse } from '../e2e/providers/hosted.ts';
import {
  AI_PROVIDERS,
  ANTHROPIC,
  BEDROCK,
  BEHIND,
  GOOGLE,
  GROQ,
  OPENAI_CHAT,
  OPENAI_RESPONSES,
  OWN_NAMES,
} from './ai-sdk-providers.ts';
import { failure } from './failure.ts';

/** Conversations of several turns, whose answers Vercel's AI SDK hands back in its own way, with all that belongs to them. */

let house: HostedHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startHosted({
    engines: [{}],
    providers: BEHIND,
    config: OWN_NAMES,
    projects: ['first', 'second'],
  });
});
afterEach(() => {
  house.checkProviders();
});
afterAll(() => closeChecked(house, witness));

const OPTIONS = { maxOutputTokens: 4_000, maxRetries: 0 };

function connect({ connect: make, bases }: (typeof AI_PROVIDERS)[number], project = 'first') {
  return make(house.url + bases[0]!, { fetch: witness.fetch, apiKey: house.keys[project]! });
}

// The packages hand an answer back otherwise where they know the model by its name.
const NAMED = AI_PROVIDERS.flatMap((provider) =>
  ['sim-8b', provider.own].map((model) => ({ provider, name: provider.name, model })),
);

test.each(NAMED)('$name, $model: a conversation goes on', async ({ provider, model }) => {
  const asked = { model: connect(provider)(model), ...OPTIONS, maxOutputTokens: 8 };
  const messages: ModelMessage[] = [{ role: 'user', content: 'hello' }];
  const first = await generateText({ ...asked, messages });
  messages.push(...first.response.messages, { role: 'user', content: 'and now?' });
  const stream = streamText({ ...asked, messages });
  expect(await stream.text).not.toBe('');
  messages.push(...(await stream.response).messages, { role: 'user', content: 'and then?' });
  const third = await generateText({ ...asked, messages });
  expect(third.text).not.toBe('');
  expect(third.usage.inputTokens).toBeGreaterThan((await stream.usage).inputTokens ?? 0);
});

describe('thoughts that have to come back to who thought them', () => {
  const tools = {
    get_weather: tool({
      inputSchema: jsonSchema<{ city: string }>({
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      }),
      execute: () => Promise.resolve('sunny'),
    }),
  };
  const ANTHROPIC_THINKS = { anthropic: { thinking: { type: 'enabled', budgetTokens: 2_000 } } };
  const GOOGLE_THINKS = { google: { thinkingConfig: { includeThoughts: true } } };
  const CASES = [
    // Each with its own provider, as bytes.
    { provider: ANTHROPIC, model: 'claude-haiku-4-5-20251001', options: ANTHROPIC_THINKS, shown: true },
    { provider: GOOGLE, model: 'gemini-3.8-flash', options: GOOGLE_THINKS, shown: true },
    { provider: GROQ, model: 'openai/gpt-oss-120b', options: {}, shown: true },
    // With others, who check their own signatures.
    { provider: GOOGLE, model: 'claude-opus-5', options: GOOGLE_THINKS, shown: true },
    { provider: GOOGLE, model: 'openai/gpt-oss-120b', options: GOOGLE_THINKS, shown: true },
    { provider: ANTHROPIC, model: 'gemini-3.8-flash', options: {}, shown: false },
    { provider: OPENAI_RESPONSES, model: 'claude-opus-5', options: {}, shown: false },
    { provider: OPENAI_RESPONSES, model: 'gemini-3.8-flash', options: {}, shown: false },
    { provider: OPENAI_RESPONSES, model: 'openai/gpt-oss-120b', options: {}, shown: true },
    { provider: BEDROCK, model: 'gemini-3.8-flash', options: {}, shown: false },
    { provider: BEDROCK, model: 'claude-opus-5', options: {}, shown: false },
    { provider: OPENAI_CHAT, model: 'gemini-3.8-flash', options: {}, shown: false },
    { provider: OPENAI_CHAT, model: 'claude-opus-5', options: {}, shown: false },
  ].flatMap((entry) => [false, true].map((stream) => ({ ...entry, name: entry.provider.name, stream })));

  test.each(CASES)('$name, $model, stream $stream', async ({ provider, model, options, shown, stream }) => {
    const ask = {
      ...OPTIONS,
      model: connect(provider)(model),
      prompt: 'call get_weather',
      tools,
      stopWhen: isStepCount(3),
      providerOptions: options,
    };
    const steps = stream ? await streamText(ask).steps : (await generateText(ask)).steps;
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(steps[1]!.text).toMatch(/^results: get_weather=.*sunny$/);
    if (shown) expect(steps[0]!.reasoningText).toBe('thinking about: call get_weather');
  });
});

describe('items that are only named', () => {
  const model = (project: string) =>
    createOpenAI({ baseURL: `${house.url}/v1`, apiKey: house.keys[project]!, fetch: witness.fetch })('sim-8b');

  async function refused(project: string, messages: ModelMessage[]): Promise<APICallError> {
    const error = await failure(generateText({ ...OPTIONS, model: model(project), messages }));
    expect(APICallError.isInstance(error)).toBe(true);
    return error as APICallError;
  }

  test("are nobody's but the project's, and told by their place where they are not there", async () => {
    const messages: ModelMessage[] = [{ role: 'user', content: 'hello' }];
    const first = await generateText({ ...OPTIONS, maxOutputTokens: 8, model: model('first'), messages });
    messages.push(...first.response.messages, { role: 'user', content: 'and now?' });
    const again = { ...OPTIONS, maxOutputTokens: 8, messages };
    expect((await generateText({ ...again, model: model('first') })).text).not.toBe('');
    const error = await refused('second', messages);
    expect(error).toMatchObject({ statusCode: 400, isRetryable: false });
    expect(error.message).toContain("'input[1].id'");
    expect(error.message).toContain('send the item itself');
    // What was not stored is sent whole.
    const whole = { ...again, model: model('second'), providerOptions: { openai: { store: false } } };
    expect((await generateText(whole)).text).not.toBe('');
  });
});
