// OpenAI's chat completions as vLLM writes them.
import { modelName, tokenText } from '../../wire.ts';
import { answerText, answerTokens, createdAt, promptTokens, streamInBody, type Canned } from '../canned.ts';
import { chunkedHead, jsonResponse, lastHttpChunk, sse, sseHeaders } from '../http.ts';

const identity = `"id":"chatcmpl-7f3c9b2e8d5a4f61","object":"chat.completion`;

function usage(output: number): string {
  return `{"prompt_tokens":${promptTokens},"completion_tokens":${output},"total_tokens":${promptTokens + output}}`;
}

function chunk(delta: string, finishReason: string): Buffer {
  return sse(
    `{${identity}.chunk","created":${createdAt},"model":"${modelName}",` +
      `"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]}`,
  );
}

export const engineAnswers: Canned = {
  unary: jsonResponse(
    `{${identity}","created":${createdAt},"model":"${modelName}","choices":[{"index":0,"message":{"role":"assistant",` +
      `"content":"${answerText}","refusal":null,"tool_calls":null},"logprobs":null,"finish_reason":"stop"}],` +
      `"usage":${usage(answerTokens)}}`,
  ),
  opening: Buffer.concat([chunkedHead(sseHeaders), chunk('{"role":"assistant","content":""}', 'null')]),
  token: (sentAtUs) => chunk(`{"content":"${tokenText(sentAtUs)}"}`, 'null'),
  ending: (tokens, includeUsage) =>
    Buffer.concat([
      chunk('{"content":""}', '"stop"'),
      ...(includeUsage
        ? [
            sse(
              `{${identity}.chunk","created":${createdAt},"model":"${modelName}","choices":[],"usage":${usage(tokens)}}`,
            ),
          ]
        : []),
      sse('[DONE]'),
      lastHttpChunk,
    ]),
  wantsStream: streamInBody,
};

export const modelsResponse: Buffer = jsonResponse(
  `{"object":"list","data":[{"id":"${modelName}","object":"model","created":${createdAt},"owned_by":"bench"}]}`,
);
