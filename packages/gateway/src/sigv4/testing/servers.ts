import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Server } from 'node:net';
import type { SignedRequest } from '../verify.ts';

type Req = IncomingMessage | Http2ServerRequest;
type Res = ServerResponse | Http2ServerResponse;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

/** A server without TLS that hands each request over as a verifier wants it: of HTTP/1.1, or of HTTP/2 by prior knowledge. */
export async function listen(version: 1 | 2, answer: (request: SignedRequest) => Promise<Answer>): Promise<Listening> {
  const handle = (req: Req, res: Res): void => void serve(req, res, answer);
  const server: Server = version === 1 ? createServer(handle) : createHttp2Server(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  };
}

async function serve(req: Req, res: Res, answer: (request: SignedRequest) => Promise<Answer>): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of req) pieces.push(piece as Buffer);
  const { method = '', url = '', headers } = req;
  const { status, headers: told, body } = await answer({ method, target: url, headers, body: Buffer.concat(pieces) });
  res.statusCode = status;
  for (const [name, value] of Object.entries(told)) res.setHeader(name, value);
  res.end(body);
}
