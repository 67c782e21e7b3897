import { Readable } from 'node:stream';
import {
  BedrockRuntimeClient,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { HttpResponse } from '@smithy/protocol-http';
import { describe, expect, test } from 'vitest';
import { ANTHROPIC_CODEC } from '../../anthropic/codec.ts';
import type { CanonicalAnswer } from '../../canonical/answer.ts';
import { Garbled, Undecodable } from '../../canonical/feature.ts';
import { streamOf } from '../../canonical/testing/answers.ts';
import { collect } from '../../canonical/testing/collect.ts';
import type { AnswerIdentity, Codec, StreamWatcher, StreamWish } from '../../codec.ts';
import { OPENAI_CODEC } from '../../openai/codec.ts';
import type { JsonObject } from '../../openai/accumulate.ts';
import { TIER_HEADER } from '../answer-decode.ts';
import { BEDROCK } from '../dialect.ts';
import { frameOf } from '../event-stream/frame.ts';
import { eventHead } from '../event-stream/head.ts';
import { FrameReader } from '../event-stream/reader.ts';
import { BEDROCK_CODEC } from '../codec.ts';
import { invokeCodec } from './codec.ts';

const AS: AnswerIdentity = { id: 'a1', model: 'm', created: 1, tierWord: () => 'default' };
const CLAUDE: JsonObject = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 50,
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'Name a river.' }],
};
const GPT: JsonObject = { messages: [{ role: 'user', content: 'Name a river.' }], max_completion_tokens: 50 };
const NOVA: JsonObject = {
  schemaVersion: 'messages-v1',
  messages: [{ role: 'user', content: [{ text: 'Name a river.' }] }],
  inferenceConfig: { maxTokens: 50 },
};
const ANSWER: CanonicalAnswer = {
  choices: [{ parts: [{ kind: 'text', text: 'The Rhine, or the Grüne Elster.' }], stop: 'end' }],
  usage: { input: 9, cachedInput: 0, output: 2, reasoning: 0 },
};

function bytes(body: JsonObject): Buffer {
  return Buffer.from(JSON.stringify(body));
}

function wish(request: JsonObject): StreamWish {
  return { includeUsage: true, inputTokens: 9, request };
}

function streamed(codec: Codec, request: JsonObject): Buffer {
  const encoder = codec.streamEncoder(AS, wish(request));
  return Buffer.concat([...streamOf(ANSWER, 4).map((part) => encoder.write([part])), encoder.end()]);
}

/** The model's own events. */
function opened(stream: Buffer): string[] {
  return new FrameReader().push(stream).map(({ kind, payload }) => {
    expect(kind).toEqual({ message: 'event', name: 'chunk' });
    return Buffer.from((JSON.parse(payload.toString()) as { bytes: string }).bytes, 'base64').toString();
  });
}

function chunk(event: object): Buffer {
  return frameOf(eventHead('chunk'), JSON.stringify({ bytes: bytes(event as JsonObject).toString('base64'), p: 'ab' }));
}

function seen({ tokens, usage, tierWord, failure, marked, whole }: StreamWatcher): Omit<StreamWatcher, 'push'> {
  return { tokens, usage, tierWord, failure, marked, whole };
}

function client(headers: Record<string, string>, ...chunks: Buffer[]): BedrockRuntimeClient {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: () =>
        Promise.resolve({ response: new HttpResponse({ statusCode: 200, headers, body: Readable.from(chunks) }) }),
    },
  });
}

describe('requests', () => {
  test('are read with model, stream and tier from outside', () => {
    const path = { model: 'm', stream: true, tierWord: 'flex', invoke: true };
    const facts = { model: 'm', stream: true, tierWord: 'flex', maxTokens: 50 };
    for (const body of [CLAUDE, GPT, NOVA]) {
      expect(BEDROCK_CODEC.read(bytes(body), path)).toMatchObject({ ok: true, facts });
      expect(invokeCodec(bytes(body)).read(bytes(body), path)).toMatchObject({ ok: true, facts });
    }
  });

  test.each([
    ['Claude', CLAUDE, 50],
    ['GPT', GPT, 50],
  ])('in the form of %s mean what they mean there', (_name, body, maxTokens) => {
    expect(invokeCodec(bytes(body)).decodeRequest(body, { model: 'm', stream: true })).toMatchObject({
      messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Name a river.' }] }],
      sampling: { maxTokens },
      ignored: [],
    });
  });

  test('in any other form are for Bedrock alone', () => {
    for (const body of [NOVA, { prompt: 'Name a river.' }]) {
      const codec = invokeCodec(bytes(body));
      const decode = (): unknown => codec.decodeRequest(body, { model: 'm' });
      expect(decode).toThrow(Undecodable);
      expect(decode).toThrow(expect.objectContaining({ kind: 'untranslatable', param: 'body' }));
      expect(() => codec.encodeAnswer(ANSWER, AS, wish(body))).toThrow(/form that is not known/);
    }
  });

  test('features are called as the form calls them', () => {
    expect([CLAUDE, GPT, NOVA].map((body) => invokeCodec(bytes(body)).paramOf('max-tokens'))).toEqual([
      ANTHROPIC_CODEC.paramOf('max-tokens'),
      'max_completion_tokens',
      'inferenceConfig.maxTokens',
    ]);
  });
});

describe('answers', () => {
  test('are in the form, with the tier in its words', () => {
    const claude = invokeCodec(bytes(CLAUDE)).encodeAnswer(ANSWER, AS, wish(CLAUDE));
    expect(claude).toMatchObject({ type: 'message', stop_reason: 'end_turn', usage: { service_tier: 'standard' } });
    const gpt = invokeCodec(bytes(GPT)).encodeAnswer(ANSWER, AS, wish(GPT));
    expect(gpt).toMatchObject({ object: 'chat.completion', service_tier: 'default' });
    const strange = { ...AS, tierWord: () => 'batch' };
    expect(invokeCodec(bytes(GPT)).encodeAnswer(ANSWER, strange, wish(GPT))).toMatchObject({ service_tier: 'batch' });
  });

  test('that are forwarded tell their count in the body or in headers', () => {
    const facts = (body: JsonObject, answer: string, headers = {}): unknown =>
      invokeCodec(bytes(body)).answerFacts(Buffer.from(answer), headers);
    const gpt = JSON.stringify(invokeCodec(bytes(GPT)).encodeAnswer(ANSWER, AS, wish(GPT)));
    expect(facts(GPT, gpt, { 'x-amzn-bedrock-service-tier': 'flex' })).toEqual({
      usage: ANSWER.usage,
      tierWord: 'flex',
    });
    const counts = {
      'x-amzn-bedrock-input-token-count': '7',
      'x-amzn-bedrock-output-token-count': '3',
      'x-amzn-bedrock-cache-read-input-token-count': '4',
    };
    expect(facts(NOVA, '{"output":{}}', counts)).toEqual({
      usage: { input: 11, cachedInput: 4, output: 3, reasoning: 0 },
      tierWord: undefined,
    });
    expect(facts(NOVA, '{"output":{}}')).toEqual({ usage: null, tierWord: undefined });
    expect(facts(NOVA, '<html>')).toBeNull();
  });

  test('the SDK hands them over as bytes, with the tier of the header', async () => {
    const body = bytes(invokeCodec(bytes(CLAUDE)).encodeAnswer(ANSWER, AS, wish(CLAUDE)));
    const headers = { 'content-type': 'application/json', [TIER_HEADER]: 'flex' };
    const answer = await client(headers, body).send(new InvokeModelCommand({ modelId: 'm', body: bytes(CLAUDE) }));
    expect(answer.serviceTier).toBe('flex');
    expect(Buffer.from(answer.body)).toEqual(body);
  });
});

describe('streams', () => {
  test.each([
    ['Claude', CLAUDE, ANTHROPIC_CODEC],
    ['GPT', GPT, OPENAI_CODEC],
  ])('of %s are its own events in frames', (_name, body, wire) => {
    const events = opened(streamed(invokeCodec(bytes(body)), body));
    expect(events).not.toContain('[DONE]');
    const decoder = wire.streamDecoder({});
    const parts = events.flatMap((data) => decoder.push(Buffer.from(`data: ${data}\n\n`)));
    expect(collect(parts)).toMatchObject(ANSWER);
  });

  test('the SDK reads them', async () => {
    const stream = streamed(invokeCodec(bytes(CLAUDE)), CLAUDE);
    const headers = { 'content-type': BEDROCK.streams.contentType };
    const { body } = await client(headers, BEDROCK.streams.heartbeat, stream).send(
      new InvokeModelWithResponseStreamCommand({ modelId: 'm', body: bytes(CLAUDE) }),
    );
    const events = (await Array.fromAsync(body!)).map((event) => Buffer.from(event.chunk!.bytes!).toString());
    expect(events).toEqual(opened(stream));
    expect(JSON.parse(events[0]!)).toMatchObject({ type: 'message_start' });
  });

  test.each([
    ['Claude', CLAUDE],
    ['GPT', GPT],
  ])('of %s are watched in its form, at every cut', (_name, body) => {
    const codec = invokeCodec(bytes(body));
    const stream = streamed(codec, body);
    for (let cut = 0; cut < stream.length; cut += 97) {
      const watcher = codec.streamWatcher({ [TIER_HEADER]: 'flex' });
      watcher.push(stream.subarray(0, cut));
      watcher.push(stream.subarray(cut));
      expect(seen(watcher)).toMatchObject({ usage: ANSWER.usage, tierWord: 'flex', failure: null, whole: true });
      expect(watcher.tokens).toBe(8);
    }
  });

  test('of models that nobody else speaks are counted, and measured by Bedrock', () => {
    const watcher = invokeCodec(bytes(NOVA)).streamWatcher({});
    watcher.push(BEDROCK.streams.heartbeat);
    watcher.push(chunk({ contentBlockDelta: { delta: { text: 'amazon-bedrock-invocationMetrics' } } }));
    expect(seen(watcher)).toEqual({
      tokens: 1,
      usage: null,
      tierWord: undefined,
      failure: null,
      marked: false,
      whole: false,
    });
    const metrics = { inputTokenCount: 9, outputTokenCount: 2, invocationLatency: 5, firstByteLatency: 3 };
    watcher.push(chunk({ metadata: {}, 'amazon-bedrock-invocationMetrics': metrics }));
    expect(seen(watcher)).toMatchObject({
      usage: { input: 9, cachedInput: 0, output: 2, reasoning: 0 },
      marked: true,
      whole: true,
    });
  });

  test('failures are told, and what is no chunk', () => {
    const watcher = invokeCodec(bytes(CLAUDE)).streamWatcher({});
    watcher.push(BEDROCK.streamProblem({ kind: 'internal' }));
    expect(watcher.failure).toMatchObject({ kind: 'failed', code: 'InternalServerException' });
    expect(() => {
      watcher.push(frameOf(eventHead('chunk'), '{"bytes":7}'));
    }).toThrow(Garbled);
    expect(() => {
      watcher.push(frameOf(eventHead('chunk'), '{"bytes":"####"}'));
    }).not.toThrow(TypeError);
  });
});
