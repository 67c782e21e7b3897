import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { describe, expect, test } from 'vitest';
import type { CanonicalAnswer } from '../canonical/answer.ts';
import { streamOf } from '../canonical/testing/answers.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import { DIALECTS } from '../dialects.ts';
import { RESPONSES_CODEC } from './codec.ts';

const AS: AnswerIdentity = { id: 'x1', model: 'chat', created: 1_795_000_000, tierWord: () => 'flex' };
const WISH: StreamWish = { includeUsage: true, inputTokens: 1, request: {} };
const ANSWER: CanonicalAnswer = {
  choices: [
    {
      parts: [
        { kind: 'reasoning', text: 'Let me think.', state: { from: 'anthropic', form: 'signature', data: 's' } },
        { kind: 'reasoning', text: '', state: { from: 'anthropic', form: 'redacted', data: 'r' } },
        { kind: 'text', text: 'I look at both.' },
        { kind: 'refusal', text: 'Not at Bonn.' },
        {
          kind: 'tool-call',
          id: 'call_a',
          name: 'weather',
          input: '{"at":"Ulm"}',
          state: { from: 'gemini', form: 'thoughtSignature', data: 't' },
        },
        { kind: 'tool-call', id: 'call_b', name: 'weather', input: '{"at":"Aue"}' },
      ],
      stop: 'tool-calls',
    },
  ],
  usage: { input: 9, cachedInput: 4, output: 5, reasoning: 2 },
};

function clientOf(SDK: typeof OpenAI | typeof OpenAI6, body: string | Buffer, contentType: string): OpenAI {
  const fetch = (): Promise<Response> =>
    Promise.resolve(new Response(body as string, { headers: { 'content-type': contentType } }));
  return new SDK({ apiKey: 'sk-test', baseURL: 'http://gateway.test/v1', fetch, maxRetries: 0 }) as OpenAI;
}

function streamed(answer: CanonicalAnswer): Buffer {
  const encoder = RESPONSES_CODEC.streamEncoder(AS, WISH);
  return Buffer.concat([encoder.write(streamOf(answer, 3)), encoder.end()]);
}

describe.each([
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6],
])('%s', (_, SDK) => {
  test('reads a unary answer', async () => {
    const body = JSON.stringify(RESPONSES_CODEC.encodeAnswer(ANSWER, AS, WISH));
    const response = await clientOf(SDK, body, 'application/json').responses.create({ model: 'chat', input: 'Hi' });
    expect(response.output_text).toBe('I look at both.');
    expect(response.service_tier).toBe('flex');
  });

  test('puts a stream together into the same answer', async () => {
    const client = clientOf(SDK, streamed(ANSWER), 'text/event-stream');
    const deltas: string[] = [];
    const stream = client.responses.stream({ model: 'chat', input: 'Hi' });
    stream.on('response.output_text.delta', (event) => deltas.push(event.snapshot));
    const response = await stream.finalResponse();
    expect(deltas.at(-1)).toBe('I look at both.');
    const unary = RESPONSES_CODEC.encodeAnswer(ANSWER, AS, WISH);
    expect(response.output).toMatchObject(unary['output'] as object[]);
    expect(response.usage).toEqual(unary['usage']);
    expect(response.service_tier).toBe('flex');
  });

  test('sees an answer that was cut off', async () => {
    const cut: CanonicalAnswer = {
      choices: [{ parts: [{ kind: 'text', text: 'Once upon' }], stop: 'length' }],
      usage: null,
    };
    const client = clientOf(SDK, streamed(cut), 'text/event-stream');
    const seen: string[] = [];
    for await (const event of await client.responses.create({ model: 'chat', input: 'Hi', stream: true })) {
      seen.push(event.type);
      if (event.type === 'response.incomplete')
        expect(event.response.incomplete_details?.reason).toBe('max_output_tokens');
    }
    expect(seen.at(-1)).toBe('response.incomplete');
  });

  test('throws a problem that comes inside the stream', async () => {
    const encoder = RESPONSES_CODEC.streamEncoder(AS, WISH);
    const began = encoder.write([{ kind: 'start' }, { kind: 'text', choice: 0, text: 'On' }]);
    const problem = DIALECTS.responses.streamProblem({
      kind: 'upstream-failed',
      upstream: 'gpu-a',
      detail: 'it broke',
    });
    const client = clientOf(SDK, Buffer.concat([began, problem]), 'text/event-stream');
    const reading = async (): Promise<void> => {
      for await (const event of await client.responses.create({ model: 'chat', input: 'Hi', stream: true })) {
        expect(event.type).toMatch(/^response\./);
      }
    };
    await expect(reading()).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});
