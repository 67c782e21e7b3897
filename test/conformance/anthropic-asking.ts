import type Anthropic from '@anthropic-ai/sdk';
import { expect } from 'vitest';

export type Ask = Omit<Anthropic.MessageCreateParamsNonStreaming, 'model'>;

export function saying(content: string | Anthropic.ContentBlockParam[], more: Partial<Ask> = {}): Ask {
  return { max_tokens: 12, messages: [{ role: 'user', content }], ...more };
}

export const WEATHER: Anthropic.Tool = {
  name: 'get_weather',
  description: 'The weather of a place.',
  input_schema: {
    type: 'object',
    properties: { city: { type: 'string' }, days: { type: 'integer' } },
    required: ['city', 'days'],
  },
};

export function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

export function promptOf({ usage }: Pick<Anthropic.Message, 'usage'>): number {
  return usage.input_tokens + (usage.cache_read_input_tokens ?? 0);
}

/** An answer without what is not the same twice: ids, and how much of the prompt the engine remembered. */
function timeless({ content, usage, ...rest }: Anthropic.Message): object {
  const { input_tokens: _fresh, cache_read_input_tokens: _remembered, ...counts } = usage;
  const anonymous = content.map((block) => (block.type === 'tool_use' ? { ...block, id: '' } : block));
  const said = { ...rest, id: '', content: anonymous, usage: { ...counts, prompt: promptOf({ usage }) } };
  // Helpers of the SDK put this into every message that they make of a stream.
  return { ...(JSON.parse(JSON.stringify(said)) as object), parsed_output: null };
}

/** The answer in one piece; the stream's events must come to the same. */
export async function answerOf(client: Anthropic, ask: Ask, model: string): Promise<Anthropic.Message> {
  const whole = await client.messages.create({ ...ask, model });
  const streamed = await client.messages.stream({ ...ask, model }).finalMessage();
  expect(timeless(streamed)).toEqual(timeless(whole));
  return whole;
}
