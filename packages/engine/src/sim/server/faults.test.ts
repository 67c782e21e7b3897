import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { FaultPlan } from '../../server/faults.ts';
import { question, startEngine, until } from './testing/harness.ts';

const body = { messages: question, ignore_eos: true, max_tokens: 50 };

describe('injected faults', () => {
  it('hit as many requests as planned, in order, and then no more', async () => {
    const faults = new FaultPlan();
    const { engine, post } = await startEngine({ faults });
    faults.inject({ kind: 'refuse', status: 503, retryAfterS: 7 }, 2);
    faults.inject({ kind: 'refuse', status: 429, message: 'Not now.' });
    const responses = [];
    for (let index = 0; index < 4; index++) responses.push(await post('/v1/chat/completions', body));
    expect(responses.map(({ status }) => status)).toEqual([503, 503, 429, 200]);
    expect(responses[0]!.headers.get('retry-after')).toBe('7');
    expect(await responses[2]!.json()).toMatchObject({ error: { message: 'Not now.', code: 429 } });
    expect(engine.faults).toBe(faults);
    expect((await fetch(`${engine.url}/health`)).status).toBe(200);
  });

  it('can hang until the client gives up', async () => {
    const { engine, client } = await startEngine();
    engine.faults.inject({ kind: 'hang' });
    const request = client.chat.completions.create({ model: 'sim-8b', messages: question }, { timeout: 50 });
    await expect(request).rejects.toThrow(OpenAI.APIConnectionTimeoutError);
    expect(engine.stats()).toMatchObject({ receivedRequests: 1, runningRequests: 0 });
  });

  it('can answer garbage', async () => {
    const { engine, post } = await startEngine();
    engine.faults.inject({ kind: 'garbage' });
    const text = await (await post('/v1/chat/completions', body)).text();
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
  });

  it.each([true, false])('can kill the socket after some tokens (stream: %s)', async (stream) => {
    const { engine, post } = await startEngine();
    engine.faults.inject({ kind: 'die', afterTokens: 5 });
    const answer = post('/v1/chat/completions', { ...body, stream }).then((response) => response.text());
    await expect(answer).rejects.toThrow();
    await until(() => engine.stats().runningRequests === 0);
    expect(engine.stats().abortedRequests).toBe(1);
  });

  it('can end a stream without its end', async () => {
    const { engine, post } = await startEngine();
    engine.faults.inject({ kind: 'truncate', afterTokens: 5 });
    const text = await (await post('/v1/chat/completions', { ...body, stream: true })).text();
    expect(text.match(/data: /g)).toHaveLength(1 + 5);
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('"finish_reason":"');
  });

  it('can leave a stream open in silence', async () => {
    const { engine, post } = await startEngine();
    engine.faults.inject({ kind: 'stall', afterTokens: 5 });
    const controller = new AbortController();
    const response = await post('/v1/chat/completions', { ...body, stream: true }, { signal: controller.signal });
    await until(() => engine.stats().finishedRequests === 1);
    let text = '';
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    while (text.split('data: ').length - 1 < 6) text += (await reader.read()).value ?? '';
    const next = reader.read();
    next.catch(() => undefined);
    const silence = new Promise((resolve) => setTimeout(resolve, 20, 'silence'));
    expect(await Promise.race([next, silence])).toBe('silence');
    controller.abort();
  });

  it('can tell an error inside of a stream', async () => {
    const { engine, client } = await startEngine();
    engine.faults.inject({ kind: 'error-event', afterTokens: 3 });
    const stream = await client.chat.completions.create({ model: 'sim-8b', messages: question, stream: true });
    const read = async (): Promise<void> => {
      for await (const _ of stream);
    };
    await expect(read()).rejects.toThrow(OpenAI.APIError);
  });

  it('can delay the first token', async () => {
    const { engine, post } = await startEngine();
    engine.faults.inject({ kind: 'slow-first-token', delayMs: 30 });
    const answer = post('/v1/chat/completions', body);
    await until(() => engine.stats().receivedRequests === 1);
    expect(engine.stats().generatedTokens).toBe(0);
    expect((await answer).status).toBe(200);
  });

  it('let a client leave before its delayed request enters the engine', async () => {
    const { engine, post } = await startEngine();
    engine.faults.inject({ kind: 'slow-first-token', delayMs: 600_000 });
    const controller = new AbortController();
    const answer = post('/v1/chat/completions', body, { signal: controller.signal });
    await until(() => engine.stats().receivedRequests === 1);
    controller.abort();
    await expect(answer).rejects.toThrow();
    await post('/v1/chat/completions', body);
    expect(engine.stats()).toMatchObject({ finishedRequests: 1, abortedRequests: 0 });
  });
});
