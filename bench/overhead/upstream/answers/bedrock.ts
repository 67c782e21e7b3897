// Bedrock's Converse, its streams in frames of `application/vnd.amazon.eventstream`.
import { crc32 } from 'node:zlib';
import { tokenText } from '../../wire.ts';
import { answerText, answerTokens, promptTokens, type Canned } from '../canned.ts';
import { chunkedHead, httpChunk, jsonResponse, lastHttpChunk } from '../http.ts';

const headers = { 'x-amzn-requestid': '5f0c2a1e-9b7d-4c3e-8a6f-2b1d7e9c0a4f' };

function usage(output: number): string {
  return (
    `{"inputTokens":${promptTokens},"outputTokens":${output},"totalTokens":${promptTokens + output},` +
    '"cacheReadInputTokens":0,"cacheWriteInputTokens":0}'
  );
}

const stringType = 7;

function frameHeader(name: string, value: string): Buffer {
  const length = Buffer.alloc(3);
  length.writeUInt8(stringType, 0);
  length.writeUInt16BE(value.length, 1);
  return Buffer.concat([Buffer.of(name.length), Buffer.from(name), length, Buffer.from(value)]);
}

/** All bytes' length, the headers' length, a sum of these two, headers, payload, and a sum of everything. */
function frame(type: string, json: string): Buffer {
  const head = Buffer.concat([
    frameHeader(':event-type', type),
    frameHeader(':content-type', 'application/json'),
    frameHeader(':message-type', 'event'),
  ]);
  const payload = Buffer.from(json);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(prelude.length + head.length + payload.length + 4, 0);
  prelude.writeUInt32BE(head.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const summed = Buffer.concat([prelude, head, payload]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(summed), 0);
  return Buffer.concat([summed, sum]);
}

function event(type: string, json: string): Buffer {
  return httpChunk(frame(type, json));
}

export const bedrockAnswers: Canned = {
  unary: jsonResponse(
    `{"metrics":{"latencyMs":52},"output":{"message":{"content":[{"text":"${answerText}"}],"role":"assistant"}},` +
      `"serviceTier":{"type":"default"},"stopReason":"end_turn","usage":${usage(answerTokens)}}`,
    headers,
  ),
  opening: Buffer.concat([
    chunkedHead({ 'content-type': 'application/vnd.amazon.eventstream', ...headers }),
    event('messageStart', '{"p":"abcdefghijkl","role":"assistant"}'),
  ]),
  token: (sentAtUs) =>
    event(
      'contentBlockDelta',
      `{"contentBlockIndex":0,"delta":{"text":"${tokenText(sentAtUs)}"},"p":"abcdefghijklmnop"}`,
    ),
  ending: (tokens) =>
    Buffer.concat([
      event('contentBlockStop', '{"contentBlockIndex":0,"p":"abcd"}'),
      event('messageStop', '{"p":"abcdefgh","stopReason":"end_turn"}'),
      event(
        'metadata',
        `{"metrics":{"latencyMs":52},"p":"abcdef","serviceTier":{"type":"default"},"usage":${usage(tokens)}}`,
      ),
      lastHttpChunk,
    ]),
  wantsStream: (path) => path.endsWith('/converse-stream'),
};
