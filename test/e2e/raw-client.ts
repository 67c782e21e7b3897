import { connect, type Socket } from 'node:net';
import { until } from './harness.ts';

/** An answer as it stood on the wire, taken apart. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One connection that is written to byte by byte, for what no HTTP client would send. */
export class RawClient {
  readonly socket: Socket;
  received = '';
  ended = false;

  constructor(url: string) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
    });
    this.socket.on('end', () => {
      this.ended = true;
    });
    this.socket.on('close', () => {
      this.ended = true;
    });
    // A server that hangs up on a client which goes on writing is what some tests want.
    this.socket.on('error', () => {
      this.ended = true;
    });
  }

  write(text: string | Buffer): this {
    this.socket.write(text);
    return this;
  }

  untilReceived(part: string): Promise<void> {
    return until(() => this.received.includes(part), `the client receives ${JSON.stringify(part)}`);
  }

  untilEnded(): Promise<void> {
    return until(() => this.ended, 'the server ends the connection');
  }

  /** The first whole answer; interim answers before it are left out. */
  async answer(): Promise<RawAnswer> {
    await until(() => this.ended || parsed(this.received) !== null, 'a whole answer comes');
    const answer = parsed(this.received);
    if (answer === null) throw new Error(`the connection ended without a whole answer: ${this.received.slice(0, 500)}`);
    return answer;
  }

  /** As a program that was killed: no farewell, and a reset for whatever still comes. */
  vanish(): void {
    this.socket.resetAndDestroy();
  }
}

function parsed(text: string): RawAnswer | null {
  const rest = text.replace(/^HTTP\/1\.1 100 [^\r]*\r\n\r\n/, '');
  const split = rest.indexOf('\r\n\r\n');
  if (split < 0) return null;
  const [first = '', ...lines] = rest.slice(0, split).split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const status = Number(first.split(' ')[1]);
  const body = rest.slice(split + 4);
  const length = headers['content-length'];
  if (length !== undefined)
    return body.length < Number(length) ? null : { status, headers, body: body.slice(0, Number(length)) };
  if (headers['transfer-encoding'] !== 'chunked') return { status, headers, body };
  return body.endsWith('\r\n0\r\n\r\n') ? { status, headers, body: dechunked(body) } : null;
}

function dechunked(text: string): string {
  let body = '';
  for (let at = 0; ;) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    if (!(size > 0)) return body;
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

/** A request with a body and the right length. */
export function rawPost(path: string, body: string, headers: readonly string[] = []): string {
  const lines = [
    `POST ${path} HTTP/1.1`,
    'host: offpeak.test',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
