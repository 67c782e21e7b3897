// Answers as they go over the wire, made once.

type Headers = Readonly<Record<string, string>>;

function head(headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 200 OK\r\n${lines.join('')}\r\n`;
}

export function jsonResponse(json: string, headers: Headers = {}): Buffer {
  const fields = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(json)), ...headers };
  return Buffer.from(head(fields) + json);
}

export function chunkedHead(headers: Headers): Buffer {
  return Buffer.from(head({ ...headers, 'transfer-encoding': 'chunked' }));
}

export const sseHeaders: Headers = { 'content-type': 'text/event-stream; charset=utf-8' };

/** One HTTP chunk, which is what one read of the network mostly brings. */
export function httpChunk(content: Buffer | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}

export const lastHttpChunk: Buffer = Buffer.from('0\r\n\r\n');

/** One SSE event in one HTTP chunk. */
export function sse(data: string, event?: string): Buffer {
  return httpChunk(`${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`);
}

export const emptyResponse: Buffer = Buffer.from(
  'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0\r\n\r\n',
);

export const notFoundResponse: Buffer = Buffer.from('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
