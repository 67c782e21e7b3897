// Groq's variant of chat completions: id and usage in `x_groq`, times beside the counts.
import { providerModels } from '../../wires/models.ts';
import { tokenText } from '../../wire.ts';
import { answerText, answerTokens, createdAt, promptTokens, streamInBody, type Canned } from '../canned.ts';
import { chunkedHead, jsonResponse, lastHttpChunk, sse } from '../http.ts';

const headers: Readonly<Record<string, string>> = {
  'x-groq-region': 'bench',
  'x-request-id': 'req_01kbench5f0c2a1e9b7d4c3e8a',
  'x-ratelimit-limit-requests': '100000000',
  'x-ratelimit-remaining-requests': '99999999',
  'x-ratelimit-reset-requests': '1ms',
  'x-ratelimit-limit-tokens': '10000000000',
  'x-ratelimit-remaining-tokens': '9999999000',
  'x-ratelimit-reset-tokens': '6ms',
};

const model = providerModels.groq;
const identity = '"id":"chatcmpl-5f0c2a1e-9b7d-4c3e-8a6f-2b1d7e9c0a4f"';
const fingerprint = '"system_fingerprint":"fp_5f0c2a1e9b"';
const requestId = '"id":"req_01kbench5f0c2a1e9b7d4c3e8a"';

function usage(output: number): string {
  return (
    `{"queue_time":0.01,"prompt_tokens":${promptTokens},"prompt_time":0.002,"completion_tokens":${output},` +
    `"completion_time":0.05,"total_tokens":${promptTokens + output},"total_time":0.052}`
  );
}

function chunk(delta: string, finishReason: string, more: string): Buffer {
  return sse(
    `{${identity},"object":"chat.completion.chunk","created":${createdAt},"model":"${model}",${fingerprint},` +
      `"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]${more}}`,
  );
}

export const groqAnswers: Canned = {
  unary: jsonResponse(
    `{${identity},"object":"chat.completion","created":${createdAt},"model":"${model}","choices":[{"index":0,` +
      `"message":{"role":"assistant","content":"${answerText}"},"logprobs":null,"finish_reason":"stop"}],` +
      `"usage":${usage(answerTokens)},"usage_breakdown":null,${fingerprint},"x_groq":{${requestId},"seed":7},` +
      '"service_tier":"on_demand"}',
    headers,
  ),
  opening: Buffer.concat([
    chunkedHead({ 'content-type': 'text/event-stream', ...headers }),
    chunk('{"role":"assistant","content":""}', 'null', `,"x_groq":{${requestId},"seed":7}`),
  ]),
  token: (sentAtUs) => chunk(`{"content":"${tokenText(sentAtUs)}"}`, 'null', ''),
  ending: (tokens) =>
    Buffer.concat([
      chunk('{}', '"stop"', `,"x_groq":{${requestId},"usage":${usage(tokens)}}`),
      sse('[DONE]'),
      lastHttpChunk,
    ]),
  wantsStream: streamInBody,
};
