import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { startSimEngine } from './start-sim-engine.ts';
import type { SimEngine, SimEngineOptions } from './options.ts';

const engines: SimEngine[] = [];

async function start(options: SimEngineOptions = {}): Promise<{ engine: SimEngine; client: OpenAI }> {
  const engine = await startSimEngine({ speed: Infinity, ...options });
  engines.push(engine);
  return { engine, client: new OpenAI({ baseURL: `${engine.url}/v1`, apiKey: 'none', maxRetries: 0 }) };
}

afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
});

const question = [{ role: 'user' as const, content: 'What stands by the river?' }];

describe('chat completions', () => {
  it('streams the same text as the unary answer, one event per token, and usage at the end', async () => {
    const { client } = await start();
    const whole = await client.chat.completions.create({ model: 'sim-8b', messages: question, max_tokens: 20 });
    const stream = await client.chat.completions.create({
      model: 'sim-8b',
      messages: question,
      max_tokens: 20,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '' });
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
    expect(text).toBe(whole.choices[0]!.message.content);
    expect(chunks).toHaveLength(1 + 20 + 1);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } });
    expect(whole).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'length' }] });
  });

  it('continues an answer from any token as if it had not stopped', async () => {
    const { client } = await start();
    const whole = await client.chat.completions.create({ model: 'sim-8b', messages: question });
    const text = whole.choices[0]!.message.content!;
    expect(whole.choices[0]!.finish_reason).toBe('stop');
    const words = text.split(' ');
    for (const kept of [1, 7, words.length - 1, words.length]) {
      const partial = words.slice(0, kept).join(' ');
      const rest = await client.chat.completions.create({
        model: 'sim-8b',
        messages: [...question, { role: 'assistant', content: partial }],
        ...{ continue_final_message: true, add_generation_prompt: false },
      });
      expect(partial + rest.choices[0]!.message.content!).toBe(text);
      expect(rest.choices[0]!.finish_reason).toBe('stop');
      expect(rest.usage!.completion_tokens).toBe(whole.usage!.completion_tokens - kept);
    }
  });
});
