import { chatAsks, type ChatRequest } from '../wire.ts';
import type { Target } from './target.ts';

/** The whole HTTP request, to be written in one piece. */
export function requestBytes({ port, headers, asks = chatAsks }: Target, request: ChatRequest): Buffer {
  const body = asks.body(request);
  const fields = {
    host: `127.0.0.1:${port}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'OpenAI/JS 7.55.0',
    'content-length': String(body.length),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${asks.path(request.stream)} HTTP/1.1\r\n${lines.join('')}\r\n`), body]);
}
