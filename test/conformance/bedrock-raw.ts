import { once } from 'node:events';
import { connect, type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import { checkBooks } from '../e2e/books.ts';
import { startHouse, type House, type HouseOptions } from '../e2e/harness.ts';
import { framesIn } from '../matrix/mounts/frames.ts';

/** HTTP/2 by hand, for what no SDK shows or would do; and houses for one test each. */

const closing: (() => unknown)[] = [];

export function onClose(close: () => unknown): void {
  closing.push(close);
}

/** After each test: what was opened in it, the newest first. */
export async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

/** Its books are looked at when it is closed. */
export function keep<T extends House>(house: T): T {
  onClose(async () => {
    try {
      await checkBooks(house);
    } finally {
      await house.close();
    }
  });
  return house;
}

export async function start(options: HouseOptions = {}): Promise<House> {
  return keep(await startHouse(options));
}

export function session(house: Pick<House, 'url'>): ClientHttp2Session {
  const client = connect(house.url);
  // That a connection breaks is what some tests want.
  client.on('error', () => undefined);
  onClose(() => {
    client.destroy();
  });
  return client;
}

export const CONVERSE = {
  messages: [{ role: 'user' as const, content: [{ text: 'one two three' }] }],
  inferenceConfig: { maxTokens: 8 },
};

export interface Asked {
  readonly path?: string;
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ask(client: ClientHttp2Session, asked: Asked = {}): ClientHttp2Stream {
  const { path = '/model/sim-8b/converse-stream', body = JSON.stringify(CONVERSE), headers = {} } = asked;
  const stream = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/json', ...headers });
  stream.on('error', () => undefined);
  stream.end(body);
  return stream;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly bytes: Buffer;
}

export async function answerTo(stream: ClientHttp2Stream): Promise<Answered> {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  const closed = once(stream, 'close');
  const [headers] = (await once(stream, 'response')) as [Answered['headers']];
  await closed;
  return { status: Number(headers[':status']), headers, bytes: Buffer.concat(pieces) };
}

/** The types of a stream's events, exceptions among them. */
export function eventsIn({ bytes }: Answered): string[] {
  return framesIn(bytes).map(({ headers }) => headers[':event-type'] ?? headers[':exception-type'] ?? '');
}
