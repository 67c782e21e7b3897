import type { Socket } from 'node:net';
import { modelsResponse } from './answers/engine.ts';
import type { Canned } from './canned.ts';
import { emptyResponse, notFoundResponse } from './http.ts';
import type { PacedStream, Pacer } from './pacer.ts';
import { cannedAt } from './routes.ts';

const headEnd = Buffer.from('\r\n\r\n');
const chunkedEnd = '0\r\n\r\n';
/** `stream` and `stream_options` stand before the messages, so a large body need not be searched to its end. */
const searchedBytesMax = 4_096;

/**
 * One keep-alive connection of the fake upstream. It is either reading a head, or reading a body (of known length, or
 * chunked until the terminator), or streaming an answer. Requests are not pipelined.
 */
export class UpstreamConnection {
  #socket: Socket;
  #pacer: Pacer;
  #stream: PacedStream | undefined;
  // Reading a head: bytes of it that came so far. Empty otherwise.
  #head: Buffer = Buffer.alloc(0);
  // Reading a body: bytes still to come; Infinity while chunked. 0 while reading a head.
  #bodyLeftBytes = 0;
  #bodyStart = '';
  #path = '';

  constructor(socket: Socket, pacer: Pacer) {
    this.#socket = socket;
    this.#pacer = pacer;
  }

  read(data: Buffer): void {
    if (this.#bodyLeftBytes > 0) this.#readBody(data);
    else this.#readHead(this.#head.length === 0 ? data : Buffer.concat([this.#head, data]));
  }

  streamDone(): void {
    this.#stream = undefined;
  }

  closed(): void {
    if (this.#stream !== undefined) this.#pacer.remove(this.#stream);
  }

  #readHead(data: Buffer): void {
    const end = data.indexOf(headEnd);
    if (end === -1) {
      this.#head = data;
      return;
    }
    this.#head = Buffer.alloc(0);
    const head = data.toString('latin1', 0, end);
    this.#path = head.slice(head.indexOf(' ') + 1, head.indexOf(' ', head.indexOf(' ') + 1));
    this.#bodyStart = '';
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    if (length !== null) this.#bodyLeftBytes = Number(length[1]);
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#bodyLeftBytes = Infinity;
    const body = data.subarray(end + headEnd.length);
    if (this.#bodyLeftBytes === 0) this.#answer();
    else if (body.length > 0) this.#readBody(body);
  }

  #readBody(data: Buffer): void {
    if (this.#bodyStart.length < searchedBytesMax) this.#bodyStart += data.toString('latin1', 0, searchedBytesMax);
    this.#bodyLeftBytes -= data.length;
    if (this.#bodyLeftBytes === Infinity && data.subarray(-chunkedEnd.length).toString('latin1') === chunkedEnd)
      this.#bodyLeftBytes = 0;
    if (this.#bodyLeftBytes <= 0) this.#answer();
  }

  #answer(): void {
    this.#bodyLeftBytes = 0;
    const canned = cannedAt(this.#path);
    if (canned !== undefined) this.#answerWith(canned);
    else if (this.#path.startsWith('/v1/models')) this.#socket.write(modelsResponse);
    else if (this.#path === '/health' || this.#path === '/metrics') this.#socket.write(emptyResponse);
    else this.#socket.write(notFoundResponse);
  }

  #answerWith(canned: Canned): void {
    if (!canned.wantsStream(this.#path, this.#bodyStart)) {
      this.#socket.write(canned.unary);
      return;
    }
    const includeUsage = /"include_usage": ?true/.test(this.#bodyStart);
    this.#stream = { socket: this.#socket, canned, includeUsage, tokens: 0 };
    this.#socket.write(canned.opening);
    this.#pacer.add(this.#stream);
  }
}
