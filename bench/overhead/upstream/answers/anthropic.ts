// Anthropic's messages, as named events.
import { providerModels } from '../../wires/models.ts';
import { tokenText } from '../../wire.ts';
import { answerText, answerTokens, promptTokens, streamInBody, type Canned } from '../canned.ts';
import { chunkedHead, jsonResponse, lastHttpChunk, sse, sseHeaders } from '../http.ts';

const headers: Readonly<Record<string, string>> = {
  'request-id': 'req_011CbenchNpQ4rS7tU9vW2xY5',
  'anthropic-organization-id': '5f0c2a1e-9b7d-4c3e-8a6f-2b1d7e9c0a4f',
  'anthropic-ratelimit-requests-limit': '100000000',
  'anthropic-ratelimit-requests-remaining': '99999999',
  'anthropic-ratelimit-requests-reset': '2026-01-01T00:00:00Z',
  'anthropic-ratelimit-tokens-limit': '10000000000',
  'anthropic-ratelimit-tokens-remaining': '9999999000',
  'anthropic-ratelimit-tokens-reset': '2026-01-01T00:00:00Z',
};

function usage(output: number): string {
  return (
    `{"input_tokens":${promptTokens},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,` +
    `"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0},"output_tokens":${output},` +
    '"server_tool_use":null,"service_tier":"standard"}'
  );
}

function message(content: string, stopReason: string, output: number): string {
  return (
    `{"id":"msg_01XbenchNpQ4rS7tU9vW2xY5","type":"message","role":"assistant","model":"${providerModels.anthropic}",` +
    `"content":[${content}],"stop_reason":${stopReason},"stop_sequence":null,"usage":${usage(output)}}`
  );
}

function event(type: string, members: string = ''): Buffer {
  return sse(`{"type":"${type}"${members}}`, type);
}

export const anthropicAnswers: Canned = {
  unary: jsonResponse(message(`{"type":"text","text":"${answerText}"}`, '"end_turn"', answerTokens), headers),
  opening: Buffer.concat([
    chunkedHead({ ...sseHeaders, 'cache-control': 'no-cache', ...headers }),
    event('message_start', `,"message":${message('', 'null', 1)}`),
    event('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}'),
    event('ping'),
  ]),
  token: (sentAtUs) =>
    event('content_block_delta', `,"index":0,"delta":{"type":"text_delta","text":"${tokenText(sentAtUs)}"}`),
  ending: (tokens) =>
    Buffer.concat([
      event('content_block_stop', ',"index":0'),
      event(
        'message_delta',
        `,"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":${promptTokens},` +
          `"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":${tokens}}`,
      ),
      event('message_stop'),
      lastHttpChunk,
    ]),
  wantsStream: streamInBody,
};
