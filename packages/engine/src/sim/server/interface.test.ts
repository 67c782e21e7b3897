import { connect } from 'node:net';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { question, startEngine, until } from './testing/harness.ts';

async function errorOf(response: Response): Promise<unknown> {
  return ((await response.json()) as { error: unknown }).error;
}

describe('bad requests', () => {
  it.each([
    ['{"messages": [', 'JSON decode error'],
    ['[]', 'JSON object'],
    [{}, 'messages: field required'],
    [{ messages: [] }, 'at least one message'],
    [{ messages: [{ role: 'wizard', content: 'x' }] }, 'messages.0.role'],
    [{ messages: [{ role: 'user' }] }, 'messages.0.content: field required'],
    [{ messages: question, max_tokens: 'many' }, 'max_tokens: expected an integer'],
    [{ messages: question, max_tokens: 0 }, 'max_tokens'],
    [{ messages: question, n: 1.5 }, 'n: expected an integer'],
    [{ messages: question, priority: 'high' }, 'priority'],
    [{ messages: question, stream_options: { include_usage: true } }, 'stream_options'],
    [{ messages: question, stop: [''] }, 'stop'],
    [{ messages: question, top_logprobs: 2 }, 'logprobs'],
    [{ messages: question, tool_choice: 'required' }, 'tools'],
    [{ messages: question, response_format: { type: 'xml' } }, 'response_format.type'],
    [{ messages: question, continue_final_message: true }, 'Cannot set both'],
    [
      { messages: question, continue_final_message: true, add_generation_prompt: false },
      'last message of the assistant',
    ],
    [{ messages: question, min_tokens: 9, max_tokens: 5 }, 'min_tokens'],
    [{ messages: question, max_tokens: 1_000_000 }, 'maximum context length is 131072 tokens'],
    [`{"messages":[{"role":"user","content":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}]}`, 'messages.0.content.0'],
    [`{"messages":[{"role":"user","content":[{"type":"x","y":${'['.repeat(50_000)}${']'.repeat(50_000)}}]}]}`, 'deep'],
  ])('%j are told what is wrong', async (body, message) => {
    const { post, engine } = await startEngine();
    const response = await post('/v1/chat/completions', body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      message: expect.stringContaining(message) as string,
      type: 'BadRequestError',
      code: 400,
    });
    expect(engine.stats()).toMatchObject({ runningRequests: 0, waitingRequests: 0 });
  });

  it('are known to the SDK by their class', async () => {
    const { client } = await startEngine();
    const unknown = client.chat.completions.create({ model: 'gpt-5', messages: question });
    await expect(unknown).rejects.toThrow(OpenAI.NotFoundError);
    await expect(unknown).rejects.toThrow('The model `gpt-5` does not exist.');
  });

  it('of unknown paths and methods get what a FastAPI server says', async () => {
    const { engine } = await startEngine();
    const missing = await fetch(`${engine.url}/v2/chat`);
    expect([missing.status, await missing.json()]).toEqual([404, { detail: 'Not Found' }]);
    const method = await fetch(`${engine.url}/v1/chat/completions`);
    expect(method.status).toBe(405);
  });

  it('with too much body are refused', async () => {
    const { post } = await startEngine();
    const response = await post('/v1/completions', `{"prompt":"${'x'.repeat(33 * 1024 * 1024)}"}`);
    expect(response.status).toBe(413);
  });

  it('are kept out without the key, where there is one', async () => {
    const { engine, client, post } = await startEngine({ apiKey: 'secret' });
    expect((await post('/v1/completions', { prompt: 'x' })).status).toBe(401);
    expect((await fetch(`${engine.url}/v1/models`)).status).toBe(401);
    expect((await fetch(`${engine.url}/health`)).status).toBe(200);
    expect((await client.models.list()).data).toHaveLength(1);
  });
});

describe('what the engine says of itself', () => {
  it('names its model, its limits, and that it is simulated', async () => {
    const { engine } = await startEngine({ model: 'sim-small', profile: 'rtx-4090-8b' });
    const models: unknown = await (await fetch(`${engine.url}/v1/models`)).json();
    expect(models).toMatchObject({
      object: 'list',
      data: [{ id: 'sim-small', object: 'model', owned_by: 'offpeak-simulated', max_model_len: 41_408 }],
    });
    const version: unknown = await (await fetch(`${engine.url}/version`)).json();
    expect(version).toMatchObject({ simulated: true, profile: 'rtx-4090-8b' });
  });

  it("reports metrics under vLLM's names", async () => {
    const { engine, client } = await startEngine();
    await client.chat.completions.create({ model: 'sim-8b', messages: question, max_tokens: 5 });
    await client.chat.completions.create({ model: 'sim-8b', messages: question });
    const text = await (await fetch(`${engine.url}/metrics`)).text();
    const value = (name: string): number => {
      const line = text.split('\n').find((candidate) => candidate.startsWith(name));
      return Number(line?.split(' ').at(-1));
    };
    expect(value('vllm:num_requests_running{')).toBe(0);
    expect(value('vllm:num_requests_waiting{')).toBe(0);
    expect(value('vllm:kv_cache_usage_perc{')).toBe(0);
    expect(value('vllm:num_preemptions_total{')).toBe(0);
    expect(value('vllm:generation_tokens_total{')).toBe(engine.stats().generatedTokens);
    expect(value('vllm:prompt_tokens_total{')).toBe(engine.stats().promptTokens);
    expect(value('vllm:time_to_first_token_seconds_count')).toBe(2);
    expect(value('vllm:inter_token_latency_seconds_count')).toBe(engine.stats().generatedTokens - 2);
    expect(value('vllm:e2e_request_latency_seconds_count')).toBe(2);
    expect(value('vllm:request_success_total{engine="0",model_name="sim-8b",finished_reason="length"}')).toBe(1);
    expect(value('vllm:prefix_cache_queries_total{')).toBe(engine.stats().promptTokens);
    expect(text).toContain(`num_gpu_blocks="${engine.stats().kvBlocks}"`);
  });
});

describe('clients that leave', () => {
  it.each([true, false])('stop the work on their request (stream: %s)', async (stream) => {
    const { engine, post } = await startEngine({ speed: 1 });
    const controller = new AbortController();
    const answer = post(
      '/v1/chat/completions',
      { messages: question, ignore_eos: true, max_tokens: 100_000, stream },
      { signal: controller.signal },
    );
    answer.catch(() => undefined);
    await until(() => engine.stats().generatedTokens > 2);
    controller.abort();
    await until(() => engine.stats().runningRequests === 0);
    expect(engine.stats()).toMatchObject({ abortedRequests: 1, freeBlocks: engine.stats().kvBlocks });
  });

  it('in the middle of their body leave nothing behind', async () => {
    const { engine } = await startEngine();
    const socket = connect(engine.port, '127.0.0.1');
    socket.write('POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"prompt"');
    await until(() => engine.stats().receivedRequests === 1);
    socket.destroy();
    expect(engine.stats()).toMatchObject({ runningRequests: 0, waitingRequests: 0 });
  });

  it('without reading are cut off, and the engine is free again', async () => {
    const { engine } = await startEngine();
    const body = JSON.stringify({ messages: question, ignore_eos: true, max_tokens: 100_000, stream: true });
    const socket = connect(engine.port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => undefined);
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until(() => engine.stats().abortedRequests === 1);
    await until(() => engine.stats().runningRequests === 0);
    socket.destroy();
  });
});

describe('priority', () => {
  it('lets the more urgent of those that wait go first', async () => {
    const { engine, post } = await startEngine({ maxNumSeqs: 1, speed: 20 });
    const done: string[] = [];
    const ask = async (name: string, priority: number): Promise<void> => {
      await (await post('/v1/chat/completions', { messages: question, max_tokens: 5, priority })).text();
      done.push(name);
    };
    const first = new AbortController();
    const body = { messages: question, ignore_eos: true, max_tokens: 100_000, stream: true };
    await post('/v1/chat/completions', body, { signal: first.signal });
    await until(() => engine.stats().runningRequests === 1);
    const flex = ask('flex', 9);
    await until(() => engine.stats().waitingRequests === 1);
    const urgent = ask('urgent', -9);
    await until(() => engine.stats().waitingRequests === 2);
    first.abort();
    await Promise.all([flex, urgent]);
    expect(done).toEqual(['urgent', 'flex']);
  });
});
