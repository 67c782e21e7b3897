import { describe, expect, it } from 'vitest';
import { startEngine } from './testing/harness.ts';

describe('completions', () => {
  it('go on from a prompt that ends in an earlier answer, at any token', async () => {
    const { client } = await startEngine();
    const complete = async (prompt: string, max_tokens: number) =>
      (await client.completions.create({ model: 'sim-8b', prompt, max_tokens })).choices[0]!;
    const prompt = 'Once upon a Time in a Land';
    const whole = await complete(prompt, 1000);
    expect(whole.finish_reason).toBe('stop');
    const words = whole.text.split(/(?= )/);
    for (const kept of [1, 5, words.length]) {
      const partial = words.slice(0, kept).join('');
      const rest = await complete(prompt + partial, 1000);
      expect(partial + rest.text).toBe(whole.text);
      expect(rest.finish_reason).toBe('stop');
    }
  });

  it('stream, echo, and answer several prompts at once', async () => {
    const { client } = await startEngine();
    const params = { model: 'sim-8b', prompt: ['one', 'two'], max_tokens: 3, n: 2, echo: true };
    const whole = await client.completions.create(params);
    expect(whole.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(whole.choices.map(({ text }) => text.slice(0, 3))).toEqual(['one', 'one', 'two', 'two']);
    expect(whole.usage!.completion_tokens).toBe(12);
    const texts = ['', '', '', ''];
    const stream = await client.completions.create({ ...params, stream: true });
    for await (const chunk of stream) for (const { index, text } of chunk.choices) texts[index] += text;
    expect(texts).toEqual(whole.choices.map(({ text }) => text));
  });

  it('are sixteen tokens long where nothing is said, and take token ids', async () => {
    const { client } = await startEngine();
    const answer = await client.completions.create({ model: 'sim-8b', prompt: [5, 6, 7], ignore_eos: true } as never);
    expect(answer).toMatchObject({
      usage: { prompt_tokens: 4, completion_tokens: 16 },
      choices: [{ finish_reason: 'length' }],
    });
  });

  it('report log probabilities per token', async () => {
    const { client } = await startEngine();
    const answer = await client.completions.create({ model: 'sim-8b', prompt: 'x', max_tokens: 3, logprobs: 2 });
    const { text, logprobs } = answer.choices[0]!;
    expect(logprobs!.tokens!.join('')).toBe(text);
    expect(logprobs!.token_logprobs).toHaveLength(3);
    expect(logprobs!.text_offset![1]).toBe(logprobs!.tokens![0]!.length);
  });
});

describe('embeddings', () => {
  it('are unit vectors that depend on the text alone, as floats and as base64', async () => {
    const { client, engine } = await startEngine();
    const coded = await client.embeddings.create({ model: 'sim-8b', input: ['a', 'b', 'a'] });
    const [first, second, third] = coded.data.map(({ embedding }) => embedding);
    expect(first).toHaveLength(384);
    expect(Math.hypot(...first!)).toBeCloseTo(1);
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
    const plain = await client.embeddings.create({ model: 'sim-8b', input: 'a', encoding_format: 'float' });
    expect(plain.data[0]!.embedding).toHaveLength(384);
    for (const [index, value] of plain.data[0]!.embedding.entries()) expect(value).toBeCloseTo(first![index]!, 6);
    const short = await client.embeddings.create({ model: 'sim-8b', input: 'a', dimensions: 8 });
    expect(short.data[0]!.embedding).toHaveLength(8);
    expect(engine.stats()).toMatchObject({ finishedRequests: 5, runningRequests: 0 });
  });
});
