import type Anthropic from '@anthropic-ai/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Witness } from '../e2e/books.ts';
import { closeChecked } from '../e2e/providers/hosted.ts';
import { answerOf, saying, textOf, WEATHER, type Ask } from './anthropic-asking.ts';
import { BACKENDS, startAnthropicHouse, type AnthropicHouse } from './anthropic-house.ts';
import { ANTHROPIC_SDKS } from './anthropic-sdks.ts';

/** Tools through Anthropic's SDKs: called whole and in pieces, one and several, demanded and forbidden, and their results taken back. */

let house: AnthropicHouse;
const witness = new Witness();
beforeAll(async () => {
  house = await startAnthropicHouse();
});
afterEach(() => {
  house.checkProviders();
});
afterAll(() => closeChecked(house, witness));

const CLOCK: Anthropic.Tool = { name: 'get_time', input_schema: { type: 'object' } };

function callsOf({ content }: Anthropic.Message): Anthropic.ToolUseBlock[] {
  return content.filter((block) => block.type === 'tool_use');
}

const CASES = ANTHROPIC_SDKS.flatMap((sdk) => BACKENDS.map((backend) => ({ sdk, backend })));

describe.each(CASES)('$sdk.name, $backend.name', ({ sdk, backend }) => {
  const client = (): Anthropic => sdk.connect(house.url, { fetch: witness.fetch });
  const { model } = backend;
  const answer = (ask: Ask): Promise<Anthropic.Message> => answerOf(client(), ask, model);

  test('a tool is called, and its result taken back', async () => {
    const question = 'call get_weather';
    const tools = [WEATHER, CLOCK];
    const called = await answer(saying(question, { max_tokens: 200, tools }));
    expect(called.stop_reason).toBe('tool_use');
    const [call] = callsOf(called);
    expect(call).toMatchObject({
      id: expect.stringMatching(/^[a-zA-Z0-9_-]+$/) as string,
      name: 'get_weather',
      input: { city: expect.any(String) as string, days: expect.any(Number) as number },
    });
    const told = await answer({
      max_tokens: 100,
      tools,
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: called.content },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: call!.id, content: 'sunny' }] },
      ],
    });
    expect(callsOf(told)).toEqual([]);
    if (backend.echoes) expect(textOf(told)).toBe('results: get_weather=sunny');
    else expect(textOf(told)).not.toBe('');
  });

  test('several tools are called at once, and their results come back together', async () => {
    const question = 'call get_weather,get_time';
    const tools = [WEATHER, CLOCK];
    const called = await answer(saying(question, { max_tokens: 200, tools }));
    const calls = callsOf(called);
    expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_time']);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    const told = await answer({
      max_tokens: 100,
      tools,
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: called.content },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: calls[1]!.id, content: 'noon' },
            { type: 'tool_result', tool_use_id: calls[0]!.id, content: [{ type: 'text', text: 'sunny' }] },
          ],
        },
      ],
    });
    if (backend.echoes) expect(textOf(told)).toBe('results: get_time=noon, get_weather=sunny');
    const alone = await answer(
      saying(question, {
        max_tokens: 200,
        tools,
        tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      }),
    );
    expect(callsOf(alone)).toHaveLength(1);
  });

  test('calls can be demanded and forbidden', async () => {
    const tools = [WEATHER, CLOCK];
    const named = await answer(
      saying('hello', { max_tokens: 200, tools, tool_choice: { type: 'tool', name: 'get_time' } }),
    );
    expect(named).toMatchObject({ stop_reason: 'tool_use', content: [{ name: 'get_time' }] });
    const any = await answer(saying('hello', { max_tokens: 200, tools, tool_choice: { type: 'any' } }));
    expect(callsOf(any)).toHaveLength(1);
    const none = await answer(saying('call get_weather', { max_tokens: 200, tools, tool_choice: { type: 'none' } }));
    expect(callsOf(none)).toEqual([]);
  });

  test('the input of a call comes in pieces', async () => {
    const stream = client().messages.stream({
      ...saying('call get_weather', { max_tokens: 200, tools: [WEATHER] }),
      model,
    });
    const pieces: string[] = [];
    stream.on('inputJson', (piece) => pieces.push(piece));
    const [call] = callsOf(await stream.finalMessage());
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(''))).toEqual(call!.input);
  });
});
