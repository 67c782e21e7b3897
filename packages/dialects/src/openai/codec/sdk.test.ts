import Groq from 'groq-sdk';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { describe, expect, test } from 'vitest';
import type { CanonicalAnswer } from '../../canonical/answer.ts';
import { streamOf } from '../../canonical/testing/answers.ts';
import type { AnswerIdentity, StreamWish } from '../../codec.ts';
import { CODECS } from '../../codecs.ts';

type Wire = 'openai' | 'groq';

const WISH: StreamWish = { includeUsage: true, inputTokens: 1, request: {} };
const ANSWER: CanonicalAnswer = {
  choices: [
    {
      parts: [
        { kind: 'reasoning', text: 'Let me think.', state: { from: 'anthropic', form: 'signature', data: 's' } },
        { kind: 'text', text: 'I look at both.' },
        { kind: 'tool-call', id: 'call_a', name: 'weather', input: '{"at":"Ulm"}' },
        { kind: 'tool-call', id: 'call_b', name: 'weather', input: '{"at":"Aue"}' },
      ],
      stop: 'tool-calls',
    },
  ],
  usage: { input: 9, cachedInput: 4, output: 5, reasoning: 2 },
};
const MESSAGES = [{ role: 'user' as const, content: 'How is it?' }];
const CALLED = ANSWER.choices[0]!.parts.slice(2).map((part) => (part.kind === 'tool-call' ? part.input : ''));

/** A server that gives the answer to whoever asks, as a stream where one is asked for. */
function fetchOf(wire: Wire, answer: CanonicalAnswer = ANSWER): typeof fetch {
  const word = wire === 'groq' ? 'flex' : 'priority';
  const as: AnswerIdentity = { id: 'x1', model: 'chat', created: 1_795_000_000, tierWord: () => word };
  return (_, init) => {
    const request = JSON.parse(init?.body as string) as { stream?: boolean };
    if (request.stream !== true) return Promise.resolve(Response.json(CODECS[wire].encodeAnswer(answer, as, WISH)));
    const encoder = CODECS[wire].streamEncoder(as, WISH);
    const bytes = Buffer.concat([encoder.write(streamOf(answer, 3)), encoder.end()]);
    return Promise.resolve(new Response(bytes, { headers: { 'content-type': 'text/event-stream' } }));
  };
}

describe.each([
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6],
])('%s', (_, SDK) => {
  const client = new SDK({ apiKey: 'sk', baseURL: 'http://gateway.test/v1', fetch: fetchOf('openai') }) as OpenAI;

  test('reads an answer', async () => {
    const { choices, service_tier: tier } = await client.chat.completions.create({ model: 'chat', messages: MESSAGES });
    expect(choices[0]!.message.tool_calls?.map((call) => 'function' in call && call.function.arguments)).toEqual(
      CALLED,
    );
    expect(tier).toBe('priority');
  });

  test('puts a stream together, and the state comes with it', async () => {
    const stream = client.chat.completions.stream({ model: 'chat', messages: MESSAGES });
    const { choices, usage } = await stream.finalChatCompletion();
    const { message, finish_reason: finish } = choices[0]!;
    expect(message.content).toBe('I look at both.');
    expect(message.tool_calls?.map((call) => call.type === 'function' && call.function.arguments)).toEqual(CALLED);
    expect(finish).toBe('tool_calls');
    expect(usage?.total_tokens).toBe(14);
    // What a client sends back of it is what the next request needs.
    const next = CODECS.openai.decodeRequest({ model: 'chat', messages: [JSON.parse(JSON.stringify(message))] }, {});
    expect(next.messages[0]!.parts[0]).toEqual(ANSWER.choices[0]!.parts[0]);
  });
});

describe('groq-sdk', () => {
  const client = new Groq({ apiKey: 'gsk', baseURL: 'http://gateway.test', fetch: fetchOf('groq') });

  test('reads an answer', async () => {
    const { choices, service_tier: tier } = await client.chat.completions.create({ model: 'chat', messages: MESSAGES });
    expect(choices[0]!.message.reasoning).toBe('Let me think.');
    expect(tier).toBe('flex');
  });

  test('streams', async () => {
    let text = '';
    let total: number | undefined;
    for await (const chunk of await client.chat.completions.create({
      model: 'chat',
      messages: MESSAGES,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? '';
      total = chunk.x_groq?.usage?.total_tokens ?? total;
    }
    expect([text, total]).toEqual(['I look at both.', 14]);
  });
});
