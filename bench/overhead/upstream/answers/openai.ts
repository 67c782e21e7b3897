// OpenAI's own chat completions: what an engine writes, and the tier, a fingerprint, padding and the account's limits.
import { providerModels } from '../../wires/models.ts';
import { tokenText } from '../../wire.ts';
import { answerText, answerTokens, createdAt, promptTokens, streamInBody, type Canned } from '../canned.ts';
import { chunkedHead, jsonResponse, lastHttpChunk, sse, sseHeaders } from '../http.ts';

export const openaiHeaders: Readonly<Record<string, string>> = {
  'x-request-id': 'req_5f0c2a1e9b7d4c3e8a6f',
  'openai-organization': 'org-bench',
  'openai-processing-ms': '12',
  'openai-version': '2020-10-01',
  'x-ratelimit-limit-requests': '100000000',
  'x-ratelimit-remaining-requests': '99999999',
  'x-ratelimit-reset-requests': '1ms',
  'x-ratelimit-limit-tokens': '10000000000',
  'x-ratelimit-remaining-tokens': '9999999000',
  'x-ratelimit-reset-tokens': '6ms',
};

const model = providerModels.openai;
const identity = `"id":"chatcmpl-DfK3xQ9mVt7RbYw2sLpN8cHjA0eZu"`;
const rest = `"service_tier":"default","system_fingerprint":"fp_5f0c2a1e9b"`;

function usage(output: number): string {
  return (
    `{"prompt_tokens":${promptTokens},"completion_tokens":${output},"total_tokens":${promptTokens + output},` +
    '"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,' +
    '"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}'
  );
}

function chunk(choices: string, counted: string): Buffer {
  return sse(
    `{${identity},"object":"chat.completion.chunk","created":${createdAt},"model":"${model}",${rest},` +
      `"choices":[${choices}],"usage":${counted},"obfuscation":"mQ7xT2"}`,
  );
}

function choice(delta: string, finishReason: string): string {
  return `{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}`;
}

export const openaiAnswers: Canned = {
  unary: jsonResponse(
    `{${identity},"object":"chat.completion","created":${createdAt},"model":"${model}","choices":[{"index":0,` +
      `"message":{"role":"assistant","content":"${answerText}","refusal":null,"annotations":[]},"logprobs":null,` +
      `"finish_reason":"stop"}],"usage":${usage(answerTokens)},${rest}}`,
    openaiHeaders,
  ),
  opening: Buffer.concat([
    chunkedHead({ ...sseHeaders, ...openaiHeaders }),
    chunk(choice('{"role":"assistant","content":"","refusal":null}', 'null'), 'null'),
  ]),
  token: (sentAtUs) => chunk(choice(`{"content":"${tokenText(sentAtUs)}"}`, 'null'), 'null'),
  ending: (tokens) =>
    Buffer.concat([chunk(choice('{}', '"stop"'), 'null'), chunk('', usage(tokens)), sse('[DONE]'), lastHttpChunk]),
  wantsStream: streamInBody,
};
