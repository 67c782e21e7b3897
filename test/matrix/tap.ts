import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What went through. */
export interface Tapped {
  readonly sent: Buffer;
  readonly answered: Buffer;
}

/** Stands between a gateway and a fake, and keeps the bytes of both. */
export interface Tap {
  readonly url: string;
  last(): Tapped;
  close(): Promise<void>;
}

export async function startTap(target: string): Promise<Tap> {
  const seen: Tapped[] = [];
  const server = createServer((req, res) => {
    void through(target, req, res).then((tapped) => seen.push(tapped));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    last: () => {
      const last = seen.at(-1);
      if (last === undefined) throw new Error('nothing went through');
      return last;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function through(target: string, req: IncomingMessage, res: ServerResponse): Promise<Tapped> {
  const sent = await all(req);
  const { host: _host, ...headers } = req.headers;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(target + (req.url ?? ''), { method: req.method, headers }, resolve)
      .on('error', reject)
      .end(sent);
  });
  res.writeHead(answer.statusCode ?? 500, answer.headers);
  const answered = await all(answer, (piece) => res.write(piece));
  res.end();
  return { sent, answered };
}

async function all(source: IncomingMessage, each?: (piece: Buffer) => void): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source as AsyncIterable<Buffer>) {
    pieces.push(piece);
    each?.(piece);
  }
  return Buffer.concat(pieces);
}
