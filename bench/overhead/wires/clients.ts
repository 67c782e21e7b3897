import { chatRequestBody, filledTo, systemText, type Asks, type ChatRequest } from '../wire.ts';
import type { Wire } from './models.ts';

/** How a client of a wire shows its key, and what it asks of a model: the same on all wires. */
interface Client {
  headers(key: string): Readonly<Record<string, string>>;
  path(model: string, stream: boolean): string;
  body(model: string, request: ChatRequest): Buffer;
}

const bearer = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });
const streamMember = (stream: boolean): string => (stream ? '"stream":true,' : '');

const clients: Readonly<Record<Wire, Client>> = {
  openai: {
    headers: bearer,
    path: () => '/v1/chat/completions',
    body: (model, request) => chatRequestBody(request, model),
  },
  groq: {
    headers: bearer,
    path: () => '/groq/openai/v1/chat/completions',
    body: (model, { bytes, stream }) =>
      filledTo(
        bytes,
        `{"model":"${model}",${streamMember(stream)}"max_completion_tokens":256,"temperature":0.7,` +
          `"messages":[{"role":"system","content":"${systemText}"},{"role":"user","content":"`,
        '"}]}',
      ),
  },
  responses: {
    headers: bearer,
    path: () => '/v1/responses',
    // Keeping the answer would be measured with it.
    body: (model, { bytes, stream }) =>
      filledTo(
        bytes,
        `{"model":"${model}",${streamMember(stream)}"store":false,"max_output_tokens":256,"temperature":0.7,` +
          `"instructions":"${systemText}","input":[{"role":"user","content":"`,
        '"}]}',
      ),
  },
  gemini: {
    headers: (key) => ({ 'x-goog-api-key': key }),
    path: (model, stream) =>
      `/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: (_model, { bytes }) =>
      filledTo(
        bytes,
        `{"systemInstruction":{"parts":[{"text":"${systemText}"}]},` +
          '"generationConfig":{"maxOutputTokens":256,"temperature":0.7},"contents":[{"role":"user","parts":[{"text":"',
        '"}]}]}',
      ),
  },
  anthropic: {
    headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
    path: () => '/anthropic/v1/messages',
    body: (model, { bytes, stream }) =>
      filledTo(
        bytes,
        `{"model":"${model}",${streamMember(stream)}"max_tokens":256,"temperature":0.7,"system":"${systemText}",` +
          '"messages":[{"role":"user","content":"',
        '"}]}',
      ),
  },
  bedrock: {
    headers: bearer,
    path: (model, stream) => `/bedrock/model/${encodeURIComponent(model)}/${stream ? 'converse-stream' : 'converse'}`,
    body: (_model, { bytes }) =>
      filledTo(
        bytes,
        `{"system":[{"text":"${systemText}"}],"inferenceConfig":{"maxTokens":256,"temperature":0.7},` +
          '"messages":[{"role":"user","content":[{"text":"',
        '"}]}]}',
      ),
  },
};

export function headersOf(wire: Wire, key: string): Readonly<Record<string, string>> {
  return clients[wire].headers(key);
}

export function asksOf(wire: Wire, model: string): Asks {
  const client = clients[wire];
  return {
    path: (stream) => client.path(model, stream),
    body: (request) => client.body(model, request),
  };
}
