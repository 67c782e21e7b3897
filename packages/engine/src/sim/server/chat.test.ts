import type OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { continuing, question, startEngine } from './testing/harness.ts';

type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;

async function collect(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

function textOf(chunks: readonly Chunk[], choice = 0): string {
  return chunks
    .flatMap((chunk) => chunk.choices)
    .filter(({ index }) => index === choice)
    .map(({ delta }) => delta.content ?? '')
    .join('');
}

const tool = {
  type: 'function' as const,
  function: {
    name: 'get_weather',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, days: { type: 'integer' } },
      required: ['city', 'days'],
    },
  },
};

describe('chat completions', () => {
  it('stream the text of the unary answer, one event per token, with usage at the end', async () => {
    const { client } = await startEngine();
    const params = { model: 'sim-8b', messages: question, max_tokens: 20 };
    const whole = await client.chat.completions.create(params);
    const chunks = await collect(
      await client.chat.completions.create({ ...params, stream: true, stream_options: { include_usage: true } }),
    );
    expect(chunks[0]!.choices[0]!.delta).toEqual({ role: 'assistant', content: '' });
    expect(textOf(chunks)).toBe(whole.choices[0]!.message.content);
    expect(chunks).toHaveLength(1 + 20 + 1);
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 20 } });
    expect(whole).toMatchObject({ object: 'chat.completion', choices: [{ finish_reason: 'length' }] });
  });

  it('are compact events that end with [DONE], and say that they are simulated', async () => {
    const { post } = await startEngine();
    const response = await post('/v1/chat/completions', { messages: question, max_tokens: 1, stream: true });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-offpeak-simulated')).toBe('true');
    const events = (await response.text()).split('\n\n');
    expect(events.slice(-2)).toEqual(['data: [DONE]', '']);
    const chunk: unknown = JSON.parse(events[1]!.slice('data: '.length));
    expect(events[1]).toBe(`data: ${JSON.stringify(chunk)}`);
    expect(chunk).toMatchObject({ model: 'sim-8b', system_fingerprint: expect.stringMatching(/^simulated-/) });
  });

  it('go on from any token as if they had not stopped', async () => {
    const { client } = await startEngine();
    const whole = await client.chat.completions.create({ model: 'sim-8b', messages: question });
    const text = whole.choices[0]!.message.content!;
    expect(whole.choices[0]!.finish_reason).toBe('stop');
    const words = text.split(' ');
    for (const kept of [1, 7, words.length - 1, words.length]) {
      const partial = words.slice(0, kept).join(' ');
      const messages = [...question, { role: 'assistant' as const, content: partial }];
      const rest = await client.chat.completions.create({ model: 'sim-8b', messages, ...continuing });
      expect(partial + rest.choices[0]!.message.content!).toBe(text);
      expect(rest.choices[0]!.finish_reason).toBe('stop');
      expect(rest.usage!.completion_tokens).toBe(whole.usage!.completion_tokens - kept);
      expect(rest.usage!.prompt_tokens).toBe(whole.usage!.prompt_tokens + kept);
    }
  });

  it('go on after a beginning that the client wrote', async () => {
    const { client } = await startEngine();
    const begin = async (content: string, max_tokens: number): Promise<string> => {
      const messages = [...question, { role: 'assistant' as const, content }];
      const answer = await client.chat.completions.create({ model: 'sim-8b', messages, max_tokens, ...continuing });
      return content + answer.choices[0]!.message.content!;
    };
    const whole = await begin('Well: I think', 30);
    expect(await begin(await begin('Well: I think', 12), 18)).toBe(whole);
  });

  it('find the prompt of an earlier turn in the prefix cache', async () => {
    const { client } = await startEngine();
    const long = [{ role: 'user' as const, content: 'a word '.repeat(50) }];
    const first = await client.chat.completions.create({ model: 'sim-8b', messages: long, max_tokens: 30 });
    expect(first.usage!.prompt_tokens_details!.cached_tokens).toBe(0);
    const partial = first.choices[0]!.message.content!;
    const messages = [...long, { role: 'assistant' as const, content: partial }];
    const rest = await client.chat.completions.create({ model: 'sim-8b', messages, max_tokens: 5, ...continuing });
    const prompt = rest.usage!.prompt_tokens;
    expect(rest.usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(Math.floor((prompt - 2) / 16) * 16);
  });

  it('keep to min_tokens, ignore_eos and stop', async () => {
    const { client } = await startEngine();
    const ask = async (extra: object): Promise<OpenAI.Chat.Completions.ChatCompletion> =>
      client.chat.completions.create({ model: 'sim-8b', messages: question, ...extra });
    const natural = await ask({});
    const tokens = natural.usage!.completion_tokens;
    const longer = await ask({ min_tokens: tokens + 10 });
    expect(longer.usage!.completion_tokens).toBe(tokens + 11);
    const endless = await ask({ ignore_eos: true, max_tokens: tokens + 40 });
    expect(endless).toMatchObject({
      choices: [{ finish_reason: 'length' }],
      usage: { completion_tokens: tokens + 40 },
    });
    expect(endless.choices[0]!.message.content!.startsWith(natural.choices[0]!.message.content!)).toBe(true);
    const words = natural.choices[0]!.message.content!.split(' ');
    const stopped = await ask({ stop: [` ${words[5]!} ${words[6]!}`] });
    expect(stopped.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: words.slice(0, 5).join(' ') },
    });
  });

  it('differ between choices and seeds, and not with the temperature', async () => {
    const { client } = await startEngine();
    const params = { model: 'sim-8b', messages: question, max_tokens: 12 };
    const two = await client.chat.completions.create({ ...params, n: 2 });
    const [a, b] = two.choices.map((choice) => choice.message.content);
    expect(a).not.toBe(b);
    const hot = await client.chat.completions.create({ ...params, temperature: 1.5 });
    expect(hot.choices[0]!.message.content).toBe(a);
    const seeded = await client.chat.completions.create({ ...params, seed: 7 });
    expect(seeded.choices[0]!.message.content).not.toBe(a);
    const chunks = await collect(await client.chat.completions.create({ ...params, n: 2, stream: true }));
    expect([textOf(chunks, 0), textOf(chunks, 1)]).toEqual([a, b]);
  });

  it('report made-up log probabilities, the same streamed and whole', async () => {
    const { client } = await startEngine();
    const params = { model: 'sim-8b', messages: question, max_tokens: 4, logprobs: true, top_logprobs: 3 };
    const whole = await client.chat.completions.create(params);
    const content = whole.choices[0]!.logprobs!.content!;
    expect(content.map(({ token }) => token).join('')).toBe(whole.choices[0]!.message.content);
    for (const entry of content) {
      expect(entry.top_logprobs).toHaveLength(3);
      expect(entry.top_logprobs[0]).toMatchObject({ token: entry.token, logprob: entry.logprob });
    }
    const chunks = await collect(await client.chat.completions.create({ ...params, stream: true }));
    expect(chunks.flatMap((chunk) => chunk.choices[0]?.logprobs?.content ?? [])).toEqual(content);
  });
});

describe('tools', () => {
  it.each([
    ['required', 'required' as const, 'Anything', 'tool_calls'],
    ['named', { type: 'function' as const, function: { name: 'get_weather' } }, 'Anything', 'stop'],
    ['auto, when the user says its name', 'auto' as const, 'Please get_weather', 'tool_calls'],
  ])('are called when %s, with arguments that fit', async (_, tool_choice, content, finish) => {
    const { client } = await startEngine();
    const params = { model: 'sim-8b', messages: [{ role: 'user' as const, content }], tools: [tool], tool_choice };
    const whole = await client.chat.completions.create(params);
    const call = whole.choices[0]!.message.tool_calls![0]!;
    if (call.type !== 'function') throw new Error(call.type);
    expect(call.function.name).toBe('get_weather');
    expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String), days: expect.any(Number) });
    expect(whole.choices[0]!.finish_reason).toBe(finish);
    const chunks = await collect(await client.chat.completions.create({ ...params, stream: true }));
    const deltas = chunks.flatMap((chunk) => chunk.choices[0]?.delta.tool_calls ?? []);
    expect(deltas[0]).toMatchObject({ index: 0, id: call.id, function: { name: 'get_weather' } });
    expect(deltas.map((delta) => delta.function?.arguments ?? '').join('')).toBe(call.function.arguments);
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe(finish);
  });

  it('are left alone when auto and not mentioned, and when none', async () => {
    const { client } = await startEngine();
    for (const tool_choice of ['auto' as const, 'none' as const]) {
      const answer = await client.chat.completions.create({
        model: 'sim-8b',
        messages: question,
        tools: [tool],
        tool_choice,
      });
      expect(answer.choices[0]!.message.content).toMatch(/\w+/);
      expect(answer.choices[0]!.message.tool_calls).toEqual([]);
    }
  });
});

describe('structured output', () => {
  it('satisfies its schema and can be continued between tokens', async () => {
    const { client } = await startEngine();
    const schema = { type: 'object', properties: { name: { type: 'string', minLength: 12 } }, required: ['name'] };
    const params = {
      model: 'sim-8b',
      messages: question,
      response_format: { type: 'json_schema' as const, json_schema: { name: 'x', schema } },
    };
    const chunks = await collect(await client.chat.completions.create({ ...params, stream: true }));
    const text = textOf(chunks);
    expect(JSON.parse(text)).toEqual({ name: expect.any(String) });
    const partial = textOf(chunks.slice(0, 3));
    const messages = [...question, { role: 'assistant' as const, content: partial }];
    const rest = await client.chat.completions.create({ ...params, messages, ...continuing });
    expect(partial + rest.choices[0]!.message.content!).toBe(text);
  });

  it('is an object where only an object was asked for', async () => {
    const { client } = await startEngine();
    const answer = await client.chat.completions.create({
      model: 'sim-8b',
      messages: question,
      response_format: { type: 'json_object' },
    });
    expect(JSON.parse(answer.choices[0]!.message.content!)).toEqual({});
  });
});
