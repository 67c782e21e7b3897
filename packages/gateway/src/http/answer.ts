import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Dialect, Problem, StreamRewriter } from '@offpeak/dialects';

/** Larger answers are not copied into a string. */
const JOINED_BYTES_MAX = 32 * 1024;

/** Whitespace before a JSON text is part of the grammar, so every parser skips it. */
const JSON_HEARTBEAT = Buffer.from('\n');

/** Room that `streamBytes` needs before and after its payload for the chunk frame: up to eight hex digits, two line ends. */
export const FRAME_HEAD = 10;
export const FRAME_TAIL = 2;

/**
 * The client's side of one request. It opens with its states:
 * - `open`: nothing was sent. Any status can still be said.
 * - `kept`: committed to 200 early, because the client would have cut; heartbeats go out. A failure is told in the body.
 * - `flowing`: the answer's own bytes are going out.
 * - `ended`: complete, or the client is gone. Nothing is written any more.
 */
export type AnswerState = 'open' | 'kept' | 'flowing' | 'ended';

export class Answer {
  #state: AnswerState = 'open';
  readonly #res: ServerResponse;
  readonly #dialect: Dialect;
  readonly #stream: boolean;
  readonly #heartbeatMs: number;
  readonly #slowReaderMs: number;
  #heartbeat: NodeJS.Timeout | null = null;
  /** Makes of server-sent events what the client's form of the wire has instead. */
  readonly #rewriter: StreamRewriter | undefined;
  /** Set while whole chunk frames can be written straight to the socket. */
  #socket: Socket | null = null;
  status = 0;

  constructor(res: ServerResponse, dialect: Dialect, stream: boolean, heartbeatMs: number, slowReaderMs: number) {
    this.#heartbeatMs = heartbeatMs;
    this.#slowReaderMs = slowReaderMs;
    this.#res = res;
    this.#dialect = dialect;
    this.#stream = stream;
    this.#rewriter = stream ? dialect.streams.rewriter?.() : undefined;
  }

  get state(): AnswerState {
    return this.#state;
  }

  /** Bytes that the client has not taken yet are in memory: the producer must pause. */
  get congested(): boolean {
    return this.#res.writableNeedDrain || (this.#socket?.writableNeedDrain ?? false);
  }

  onceDrained(resume: () => void): void {
    (this.#socket ?? this.#res).once('drain', resume);
  }

  /** `open` to `kept`. */
  keepAlive(headers: OutgoingHttpHeaders): void {
    if (this.#state !== 'open') return;
    this.#state = 'kept';
    this.#head(200, headers);
    const beat = this.#stream ? this.#dialect.streams.heartbeat : JSON_HEARTBEAT;
    this.#res.write(beat);
    this.#heartbeat = setInterval(() => {
      if (!this.congested) this.#res.write(beat);
    }, this.#heartbeatMs);
  }

  /** A whole JSON answer. After a commit only its body can still be said. */
  json(status: number, headers: OutgoingHttpHeaders, pieces: readonly Buffer[]): void {
    if (this.#state === 'ended') return;
    let length = 0;
    for (const piece of pieces) length += piece.length;
    if (this.#state === 'open') {
      headers['content-type'] = 'application/json';
      headers['content-length'] = length;
      this.status = status;
      this.#res.writeHead(status, headers);
    }
    this.#finish();
    // Node joins head and body into one write only when the body is a string; as latin1 the bytes pass through it unchanged.
    if (length <= JOINED_BYTES_MAX) {
      let text = '';
      for (const piece of pieces) text += piece.toString('latin1');
      this.#end(text);
      return;
    }
    for (let i = 0; i < pieces.length - 1; i += 1) this.#res.write(pieces[i]);
    this.#end(pieces[pieces.length - 1]);
  }

  /** Opens the stream, or goes on with one that was kept alive. */
  startStream(headers: OutgoingHttpHeaders): void {
    if (this.#state === 'open') this.#head(200, headers);
    else if (this.#state !== 'kept') return;
    this.#stopHeartbeat();
    this.#state = 'flowing';
  }

  /**
   * Stream bytes with FRAME_HEAD free bytes before and FRAME_TAIL after them. On a chunked HTTP/1.1 answer the frame is written
   * around them in place and the whole goes to the socket in one write, half of what ServerResponse.write costs per chunk.
   */
  streamBytes(framed: Buffer): void {
    if (this.#state !== 'flowing') return;
    const socket = this.#socket;
    if (socket === null) {
      this.streamText(framed.subarray(FRAME_HEAD, framed.length - FRAME_TAIL));
      return;
    }
    socket.write(framed.subarray(writeFrame(framed)));
  }

  streamText(text: string | Buffer): void {
    if (this.#state !== 'flowing') return;
    const out = this.#rewriter === undefined ? text : this.#rewriter.push(Buffer.from(text));
    if (out.length > 0) this.#res.write(out);
  }

  endStream(): void {
    if (this.#state !== 'flowing') return;
    this.#finish();
    this.#end(this.#rewriter?.end());
  }

  /** Tells what went wrong in whatever way is still possible. */
  problem(problem: Problem, headers: OutgoingHttpHeaders): void {
    if (this.#state === 'ended') return;
    const error = this.#dialect.problem(problem);
    if (this.#state === 'open' || !this.#stream) {
      this.json(error.status, { ...headers, ...error.headers }, [Buffer.from(error.body)]);
      return;
    }
    this.#finish();
    const last = this.#dialect.streamProblem(problem);
    this.#end(this.#rewriter === undefined ? last : this.#rewriter.end(last));
  }

  /** The client is gone. */
  abandon(): void {
    this.#finish();
    this.#res.destroy();
  }

  #head(status: number, headers: OutgoingHttpHeaders): void {
    headers['content-type'] = this.#stream ? this.#dialect.streams.contentType : 'application/json';
    if (this.#stream) {
      headers['cache-control'] = 'no-cache';
      // Asks nginx in front of us not to collect the stream.
      headers['x-accel-buffering'] = 'no';
    }
    this.status = status;
    this.#res.writeHead(status, headers);
    this.#res.flushHeaders();
    // A pipelined request has no socket until the answer before it is complete; HTTP/1.0 has no chunks.
    const isFramed = this.#res.socket !== null && this.#res.chunkedEncoding;
    if (isFramed && this.#rewriter === undefined) this.#socket = this.#res.socket;
  }

  /** A client that takes nothing of a finished answer's rest would hold it in memory for ever. One that takes it slowly may. */
  #end(last?: Buffer | string): void {
    const res = this.#res;
    res.end(last, 'latin1');
    if (res.socket?.writableLength === 0) return;
    res.setTimeout(this.#slowReaderMs, () => {
      res.destroy();
    });
  }

  #finish(): void {
    this.#state = 'ended';
    this.#socket = null;
    this.#stopHeartbeat();
  }

  #stopHeartbeat(): void {
    if (this.#heartbeat === null) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}

const HEX = Buffer.from('0123456789abcdef');

/** Writes the chunk's size line before the payload and the line end after it; returns where the frame begins. */
function writeFrame(framed: Buffer): number {
  let size = framed.length - FRAME_HEAD - FRAME_TAIL;
  let at = FRAME_HEAD;
  framed[--at] = 10;
  framed[--at] = 13;
  do {
    framed[--at] = HEX[size & 15]!;
    size >>>= 4;
  } while (size > 0);
  framed[framed.length - 2] = 13;
  framed[framed.length - 1] = 10;
  return at;
}
