import type Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Witness } from '../e2e/books.ts';
import { DONE, event, openStream, send, usageChunk, wholeAnswer, works, type Script } from '../e2e/fake-engine.ts';
import { closeChecked } from '../e2e/providers/hosted.ts';
import { FORWARDED, startAnthropicHouse, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS } from './anthropic-sdks.ts';

/** Thoughts, which a client must be able to hand back unchanged, whoever thought them. */

let house: AnthropicHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startAnthropicHouse();
});
beforeEach(() => {
  house.scripted.script = works;
});
afterEach(() => {
  house.checkProviders();
});
afterAll(() => closeChecked(house, witness));

type Ask = Anthropic.MessageCreateParamsNonStreaming;

const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** The scripted engine's answer: thoughts, and then a call of a tool or, once that has answered, text. */
const thinks: Script = (res, body) => {
  const messages = body['messages'] as readonly { readonly role: string }[];
  const call = { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"city":"Rome"}' } };
  const answered = messages.at(-1)!.role === 'tool';
  const message = {
    role: 'assistant',
    reasoning_content: 'They want the weather.',
    ...(answered ? { content: 'Sunny.' } : { content: null, tool_calls: [call] }),
  };
  const finish = answered ? 'stop' : 'tool_calls';
  if (body['stream'] !== true) {
    const choice = { index: 0, message, finish_reason: finish };
    send(res, 200, wholeAnswer('', { choices: [choice], usage: { prompt_tokens: 3, completion_tokens: 2 } }));
    return;
  }
  openStream(res);
  const delta = (said: object, reason: string | null = null): string =>
    event({ id: 'chatcmpl-1', choices: [{ index: 0, delta: said, finish_reason: reason }] });
  const said = answered ? { content: 'Sunny.' } : { tool_calls: [{ index: 0, ...call }] };
  res.end(
    delta({ role: 'assistant', content: '' }) +
      delta({ reasoning_content: 'They want ' }) +
      delta({ reasoning_content: 'the weather.' }) +
      delta(said) +
      delta({}, finish) +
      usageChunk(3, 2) +
      DONE,
  );
};

describe.each(ANTHROPIC_SDKS)('$name', (sdk) => {
  const client = (): Anthropic => sdk.connect(house.url, { fetch: witness.fetch });

  /** Asks, answers the call of a tool with the message handed back as it came, and asks again with that answer. */
  async function conversation(
    ask: Omit<Ask, 'messages'>,
    answer: (ask: Ask) => Promise<Anthropic.Message>,
    question = 'call get_weather {"city":"Rome"}',
  ): Promise<readonly Anthropic.Message[]> {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }];
    const first = await answer({ ...ask, messages });
    const call = first.content.find((block) => block.type === 'tool_use')!;
    expect(call).toMatchObject({ name: 'get_weather', input: { city: 'Rome' } });
    messages.push({ role: 'assistant', content: first.content });
    messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }] });
    const second = await answer({ ...ask, messages });
    messages.push({ role: 'assistant', content: second.content }, { role: 'user', content: 'Thanks.' });
    return [first, second, await answer({ ...ask, messages })];
  }

  const WAYS = [
    ['unary', (ask: Ask): Promise<Anthropic.Message> => client().messages.create(ask)],
    ['streamed', (ask: Ask): Promise<Anthropic.Message> => client().messages.stream(ask).finalMessage()],
  ] as const;

  test.each(WAYS)('%s: Anthropic takes its own signed thoughts back', async (_, answer) => {
    const ask: Omit<Ask, 'messages'> = {
      model: FORWARDED.model,
      max_tokens: 4_000,
      thinking: { type: 'enabled', budget_tokens: 2_000 },
      tools: [WEATHER],
    };
    const answers = await conversation(ask, answer);
    expect(answers.map(({ content }) => content.map(({ type }) => type))).toEqual([
      ['thinking', 'tool_use'],
      ['thinking', 'text'],
      ['thinking', 'text'],
    ]);
    const [{ content, usage }] = answers as [Anthropic.Message];
    expect(content[0]).toMatchObject({
      thinking: 'thinking about: call get_weather {"city":"Rome"}',
      signature: expect.stringMatching(/./) as string,
    });
    expect(usage.output_tokens_details?.thinking_tokens).toBeGreaterThan(0);
  });

  test('thoughts that are not shown keep their signature', async () => {
    const ask: Omit<Ask, 'messages'> = {
      model: 'claude-opus-4-8',
      max_tokens: 4_000,
      thinking: { type: 'adaptive' },
      tools: [WEATHER],
    };
    const [first] = await conversation(ask, (asked) => client().messages.create(asked));
    expect(first!.content[0]).toMatchObject({ type: 'thinking', thinking: '' });
  });

  test.each(WAYS)("%s: an engine's thoughts become blocks, and come back to it as it said them", async (_, answer) => {
    const bodies: Record<string, unknown>[] = [];
    house.scripted.script = (res, body, req) => {
      bodies.push(body);
      thinks(res, body, req);
    };
    const ask: Omit<Ask, 'messages'> = { model: 'scripted', max_tokens: 4_000, tools: [WEATHER] };
    const [first, second] = await conversation(ask, answer);
    const thought = { type: 'thinking', thinking: 'They want the weather.', signature: expect.any(String) as string };
    expect(first!.content).toMatchObject([thought, { type: 'tool_use', name: 'get_weather' }]);
    expect(second!.content).toMatchObject([thought, { type: 'text', text: 'Sunny.' }]);
    expect(bodies[2]!['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', reasoning_content: 'They want the weather.', tool_calls: [{ id: 'call_1' }] },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      { role: 'assistant', reasoning_content: 'They want the weather.', content: 'Sunny.' },
      { role: 'user', content: 'Thanks.' },
    ]);
  });

  test("an engine's thoughts do not reach Anthropic, which would take them for forged", async () => {
    house.scripted.script = thinks;
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'What is the weather?' }];
    const ask = { model: 'scripted', max_tokens: 4_000, tools: [WEATHER], messages };
    const first = await client().messages.create(ask);
    const call = first.content.find((block) => block.type === 'tool_use')!;
    const told = await client().messages.create({
      ...ask,
      model: FORWARDED.model,
      messages: [
        ...messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call.id, content: 'sunny' }] },
      ],
    });
    expect(told.content).toMatchObject([{ type: 'text', text: 'results: get_weather=sunny' }]);
    expect(house.anthropic.last().body).toMatchObject({ messages: [{}, { content: [{ type: 'tool_use' }] }, {}] });
  });

  test("Anthropic's thoughts do not trouble other providers", async () => {
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'hello' }];
    const thinking = { type: 'enabled', budget_tokens: 2_000 } as const;
    const first = await client().messages.create({ model: FORWARDED.model, max_tokens: 4_000, thinking, messages });
    expect(first.content[0]!.type).toBe('thinking');
    const second = await client().messages.create({
      model: 'gpt-4o',
      max_tokens: 100,
      messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: 'and now?' }],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'echo: and now?' }]);
  });

  test('an effort is told to whoever knows efforts, a budget only to whoever counts them', async () => {
    const ask = { max_tokens: 4_000, messages: [{ role: 'user' as const, content: 'hello' }] };
    await client().messages.create({
      ...ask,
      model: 'gpt-5',
      thinking: { type: 'adaptive' },
      output_config: { effort: 'low' },
    });
    expect(house.openai.last().body).toMatchObject({ reasoning_effort: 'low', max_completion_tokens: 4_000 });
    const budget = client().messages.create({
      ...ask,
      model: 'gpt-5',
      thinking: { type: 'enabled', budget_tokens: 2_000 },
    });
    await expect(Promise.resolve(budget)).rejects.toThrow("'thinking.budget_tokens' cannot be passed on");
    expect(house.openai.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });
});
