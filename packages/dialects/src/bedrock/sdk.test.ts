import { Readable } from 'node:stream';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime';
import { HttpResponse } from '@smithy/protocol-http';
import { describe, expect, test } from 'vitest';
import type { StreamPart } from '../canonical/answer.ts';
import type { AnswerIdentity, StreamWish } from '../codec.ts';
import { PROBLEMS } from '../words/testing/problems.ts';
import { BEDROCK_CODEC } from './codec.ts';
import { BEDROCK } from './dialect.ts';
import type { Problem } from '../problem.ts';

const AS: AnswerIdentity = { id: 'a', model: 'm', created: 1, tierWord: () => 'flex', elapsedMs: () => 12 };
const WISH: StreamWish = { includeUsage: true, inputTokens: 5, request: {} };
const USAGE = { input: 9, cachedInput: 3, output: 2, reasoning: 0 };
const ASK = { modelId: 'm', messages: [{ role: 'user' as const, content: [{ text: 'Name a river.' }] }] };

interface Answered {
  readonly client: BedrockRuntimeClient;
  readonly calls: () => number;
}

/** The SDK itself, whose requests all get this answer. */
function answering(statusCode: number, headers: Record<string, string>, ...chunks: Buffer[]): Answered {
  let calls = 0;
  const client = new BedrockRuntimeClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: {
      handle: () => {
        calls += 1;
        return Promise.resolve({ response: new HttpResponse({ statusCode, headers, body: Readable.from(chunks) }) });
      },
    },
  });
  return { client, calls: () => calls };
}

async function streamed(...chunks: Buffer[]): Promise<ConverseStreamOutput[]> {
  const { client } = answering(200, { 'content-type': BEDROCK.streams.contentType }, ...chunks);
  const { stream } = await client.send(new ConverseStreamCommand(ASK));
  return Array.fromAsync(stream!);
}

const PARTS: StreamPart[] = [
  { kind: 'start' },
  { kind: 'reasoning', choice: 0, text: 'Hm' },
  { kind: 'reasoning-state', choice: 0, state: { from: 'bedrock', form: 'redacted', data: 'cmVk' } },
  { kind: 'text', choice: 0, text: 'Grüße' },
  { kind: 'tool-start', choice: 0, call: 0, id: 't1', name: 'weather' },
  { kind: 'tool-input', choice: 0, call: 0, json: '{}' },
  { kind: 'finish', choice: 0, stop: 'tool-calls' },
  { kind: 'usage', usage: USAGE },
];

describe('the SDK of AWS', () => {
  test('reads a whole answer', async () => {
    const parts = [
      { kind: 'reasoning', text: 'Hm', state: { from: 'bedrock', form: 'signature', data: 's' } },
      { kind: 'text', text: 'Rhine' },
      { kind: 'tool-call', id: 't1', name: 'weather', input: '{"city":"Ulm"}' },
    ] as const;
    const body = BEDROCK_CODEC.encodeAnswer({ choices: [{ parts, stop: 'tool-calls' }], usage: USAGE }, AS, WISH);
    const { client } = answering(200, { 'x-amzn-requestid': 'req-1' }, Buffer.from(JSON.stringify(body)));
    const answer = await client.send(new ConverseCommand(ASK));
    expect(answer).toMatchObject({
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm', signature: 's' } } },
            { text: 'Rhine' },
            { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Ulm' } } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 6, outputTokens: 2, totalTokens: 11, cacheReadInputTokens: 3 },
      metrics: { latencyMs: 12 },
      serviceTier: { type: 'flex' },
      $metadata: { requestId: 'req-1' },
    });
  });

  test('reads a stream, and passes over signs of life anywhere in it', async () => {
    const encoder = BEDROCK_CODEC.streamEncoder(AS, WISH);
    const beat = BEDROCK.streams.heartbeat;
    const chunks = PARTS.flatMap((part) => [beat, encoder.write([part])]);
    expect(await streamed(...chunks, encoder.end(), beat)).toEqual([
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Hm' } } } },
      {
        contentBlockDelta: {
          contentBlockIndex: 0,
          delta: { reasoningContent: { redactedContent: expect.any(Uint8Array) as Uint8Array } },
        },
      },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'Grüße' } } },
      { contentBlockStop: { contentBlockIndex: 1 } },
      { contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't1', name: 'weather' } } } },
      { contentBlockDelta: { contentBlockIndex: 2, delta: { toolUse: { input: '{}' } } } },
      { contentBlockStop: { contentBlockIndex: 2 } },
      { messageStop: { stopReason: 'tool_use' } },
      {
        metadata: {
          usage: {
            inputTokens: 6,
            outputTokens: 2,
            totalTokens: 11,
            cacheReadInputTokens: 3,
            cacheWriteInputTokens: 0,
          },
          metrics: { latencyMs: 12 },
          serviceTier: { type: 'flex' },
        },
      },
    ]);
  });

  test.each<[Problem['kind'], string]>([
    ['limited', 'ThrottlingException'],
    ['no-capacity', 'ServiceUnavailableException'],
    ['upstream-failed', 'ModelStreamErrorException'],
    ['internal', 'InternalServerException'],
    ['too-large-for-model', 'ValidationException'],
  ])('throws %s out of a stream as %s', async (kind, name) => {
    const start = BEDROCK_CODEC.streamEncoder(AS, WISH).write([{ kind: 'start' }]);
    await expect(streamed(start, BEDROCK.streamProblem(PROBLEMS[kind]))).rejects.toMatchObject({ name });
  });

  test.each<[Problem['kind'], string, number]>([
    ['malformed-json', 'ValidationException', 1],
    ['tier-not-allowed', 'AccessDeniedException', 1],
    ['unknown-model', 'ResourceNotFoundException', 1],
    ['deadline-unreachable', 'ModelTimeoutException', 1],
    ['upstream-credentials', 'ModelErrorException', 1],
    ['unauthenticated', 'UnrecognizedClientException', 1],
    ['bad-signature', 'InvalidSignatureException', 1],
    ['internal', 'InternalServerException', 3],
  ])('throws %s as %s, tried %i times', async (kind, name, attempts) => {
    const { status, headers, body } = BEDROCK.problem(PROBLEMS[kind]);
    const { client, calls } = answering(status, headers, Buffer.from(body));
    await expect(client.send(new ConverseCommand(ASK))).rejects.toMatchObject({
      name,
      message: (JSON.parse(body) as { message: string }).message,
      $metadata: { httpStatusCode: status, attempts },
    });
    expect(calls()).toBe(attempts);
  });
});
