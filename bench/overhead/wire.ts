// The bytes of the benchmark: what the load generator asks and what the fake upstream answers, shaped as OpenAI's chat
// completions API and vLLM write them.

export const modelName = 'fake-model';
export const chatPath = '/v1/chat/completions';

const sentence = 'Summarise the quarterly report for the board, name each risk and say \\"why\\" it matters.\\n';

export interface ChatRequest {
  readonly bytes: number;
  readonly stream: boolean;
}

/** A chat request of exactly `bytes` bytes, whose bulk is a user message of prose with escapes in it. */
export function chatRequestBody({ bytes, stream }: ChatRequest): Buffer {
  const before =
    `{"model":"${modelName}",` +
    (stream ? '"stream":true,"stream_options":{"include_usage":true},' : '') +
    '"max_tokens":256,"temperature":0.7,"messages":[{"role":"system","content":"You are a helpful assistant."},' +
    '{"role":"user","content":"';
  const after = '"}]}';
  const contentBytes = bytes - before.length - after.length;
  if (contentBytes < 0) throw new RangeError(`A chat request takes at least ${bytes - contentBytes} bytes`);
  const sentences = Math.floor(contentBytes / sentence.length);
  const content = sentence.repeat(sentences).padEnd(contentBytes, 'x');
  return Buffer.from(before + content + after, 'latin1');
}

/** The whole HTTP request, to be written in one piece. */
export function requestBytes(port: number, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const fields = {
    host: `127.0.0.1:${port}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'OpenAI/JS 7.55.0',
    'content-length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${chatPath} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}

function jsonResponse(json: string): Buffer {
  return Buffer.from(
    `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
}

export const unaryResponse: Buffer = jsonResponse(
  `{"id":"chatcmpl-7f3c9b2e8d5a4f61","object":"chat.completion","created":1767225600,"model":"${modelName}",` +
    '"choices":[{"index":0,"message":{"role":"assistant","content":"Revenue grew by four percent while costs were flat; ' +
    'the main risk is the concentration of orders in two customers.","refusal":null,"tool_calls":null},"logprobs":null,' +
    '"finish_reason":"stop"}],"usage":{"prompt_tokens":230,"completion_tokens":24,"total_tokens":254}}',
);

export const modelsResponse: Buffer = jsonResponse(
  `{"object":"list","data":[{"id":"${modelName}","object":"model","created":1767225600,"owned_by":"bench"}]}`,
);

export const emptyResponse: Buffer = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n',
);

export const notFoundResponse: Buffer = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');

export const streamHead: Buffer = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n',
);

/** One SSE event in one HTTP chunk. */
function event(data: string): Buffer {
  const text = `data: ${data}\n\n`;
  return Buffer.from(`${text.length.toString(16)}\r\n${text}\r\n`);
}

const chunkStart = `{"id":"chatcmpl-7f3c9b2e8d5a4f61","object":"chat.completion.chunk","created":1767225600,"model":"${modelName}",`;

function choiceChunk(delta: string, finishReason: string): Buffer {
  return event(
    `${chunkStart}"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finishReason}}]}`,
  );
}

export const firstChunk: Buffer = choiceChunk('{"role":"assistant","content":""}', 'null');

/** Marks the send time inside a chunk; the character appears nowhere else in what the upstream sends. */
export const sentAtMark = '@';
export const sentAtDigits = 16;

/** The clock that both processes share (CLOCK_MONOTONIC), in microseconds. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

export function tokenChunk(sentAtUs: number): Buffer {
  return choiceChunk(`{"content":" ${sentAtMark}${String(sentAtUs).padStart(sentAtDigits, '0')}"}`, 'null');
}

/** Ends a stream: the finish reason, the usage when it was asked for, `[DONE]`, and the end of the HTTP message. */
export function lastChunks(includeUsage: boolean, completionTokens: number): Buffer {
  const usage = event(
    `${chunkStart}"choices":[],"usage":{"prompt_tokens":230,"completion_tokens":${completionTokens},` +
      `"total_tokens":${230 + completionTokens}}}`,
  );
  return Buffer.concat([
    choiceChunk('{"content":""}', '"stop"'),
    ...(includeUsage ? [usage] : []),
    event('[DONE]'),
    Buffer.from('0\r\n\r\n'),
  ]);
}
