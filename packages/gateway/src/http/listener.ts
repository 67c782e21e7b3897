import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { constants, createServer as createHttp2Server, type Http2Server, type ServerHttp2Session } from 'node:http2';
import type { Server as NetServer, Socket } from 'node:net';
import type { Dialect, Problem, WireError } from '@offpeak/dialects';
import type { ServerLimits } from '../config/config.ts';
import { openDoorway, type Doorway } from './doorway.ts';
import { OPENAI_MOUNT } from './mounts.ts';

/** How often Node looks for senders that exceed the read limits. */
const CHECK_EVERY_MS = 1_000;
/** A refused sender that goes on sending is listened to this long, so that it gets to read the refusal. */
const LINGER_MS = 2_000;

/** Requests at once on one HTTP/2 connection; a client with more opens another. */
const STREAMS_MAX = 256;

export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** The HTTP server itself: its limits, its connections, and answers for what is not even a request. */
export class Listener {
  /** What listens. */
  readonly server: NetServer;
  readonly #doorway: Doorway;
  readonly #http1: Server;
  readonly #http2: Http2Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** The newest request of each open connection; null before the first. */
  readonly #newest: Map<Socket, ServerResponse | null> = new Map();

  constructor(limits: ServerLimits, handler: RequestHandler) {
    const take: RequestHandler = (req, res) => {
      this.#newest.set(req.socket, res);
      handler(req, res);
    };
    this.#http1 = createServer(
      {
        maxHeaderSize: limits.headerBytesMax,
        headersTimeout: limits.headerReadMsMax,
        requestTimeout: limits.headerReadMsMax + limits.bodyReadMsMax,
        keepAliveTimeout: limits.idleMsMax,
        connectionsCheckingInterval: CHECK_EVERY_MS,
        noDelay: true,
        // Nothing here depends on it, and Node would refuse the request in its own form instead of ours.
        requireHostHeader: false,
      },
      take,
    );
    this.#http2 = createHttp2Server(
      { settings: { maxConcurrentStreams: STREAMS_MAX, maxHeaderListSize: limits.headerBytesMax } },
      // Its requests and answers have the same form; what differs is looked at where it matters.
      (req, res) => {
        const { stream } = res;
        // A client that opens no window for an answer would hold it, its stream and the connection for ever.
        stream.setTimeout(limits.slowReaderMsMax, () => {
          if (stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL);
        });
        handler(req as unknown as IncomingMessage, res as unknown as ServerResponse);
      },
    );
    this.#http2.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
      closeWhenIdle(session, limits.idleMsMax);
    });
    this.#doorway = openDoorway(
      {
        http1: (socket) => this.#http1.emit('connection', socket),
        http2: (socket) => this.#http2.emit('connection', socket),
      },
      limits.headerReadMsMax,
    );
    this.server = this.#doorway.server;
    // It starts Node's checks of slow senders, which wait for a server that listens itself.
    this.server.once('listening', () => this.#http1.emit('listening'));
    this.server.maxConnections = limits.connectionsMax;
    this.#http1.on('connection', (socket: Socket) => {
      this.#newest.set(socket, null);
      socket.once('close', () => this.#newest.delete(socket));
    });
    this.#http1.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      answerBroken(error, socket, this.#newest.get(socket) ?? null, limits);
    });
    // A body that is too large is refused before it is asked for.
    this.#http1.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
      if (!(Number(req.headers['content-length']) > limits.bodyBytesMax)) res.writeContinue();
      take(req, res);
    });
    // An expectation that nobody knows can be ignored; Node would refuse it in its own form.
    this.#http1.on('checkExpectation', take);
  }

  /** Takes no more connections. `closed` is called when the last one is gone; see `closeIdle`. */
  stop(closed: () => void): void {
    if (!this.server.listening) closed();
    else this.server.close(closed);
  }

  /** Closes connections that no answer is due on, and none is on its way. */
  closeIdle(): void {
    this.#doorway.closeWaiting();
    for (const [socket, res] of this.#newest) {
      const isIdle = res === null ? socket.bytesRead === 0 : res.writableFinished;
      if (isIdle || socket.writableFinished) socket.destroy();
    }
    // Says that no new requests are taken, and lets those that are there come to their end.
    for (const session of this.#sessions) if (!session.closed) session.close();
  }

  /** Closes what is left, whatever happens there. */
  closeAll(): void {
    this.#doorway.closeWaiting();
    this.#http1.closeAllConnections();
    for (const session of this.#sessions) session.destroy();
    // Ends Node's own checks of the connections.
    this.#http1.close();
    if (this.server.listening) this.server.close();
  }
}

/**
 * An answer that is still waited for keeps its connection, however silent that is: older clients take the word that a connection is closed
 * for the end of all that goes on there.
 */
function closeWhenIdle(session: ServerHttp2Session, idleMsMax: number): void {
  let open = 0;
  session.on('stream', (stream) => {
    open += 1;
    stream.once('close', () => {
      open -= 1;
      if (open === 0 && !session.closed) session.setTimeout(idleMsMax);
    });
  });
  session.setTimeout(idleMsMax);
  session.on('timeout', () => {
    if (open === 0) session.close();
  });
}

/** Refuses a request whose body was not read, and hangs up when the sender has had the time to notice. */
export function refuseUnread(
  req: IncomingMessage,
  res: ServerResponse,
  dialect: Dialect,
  problem: Problem,
  requestId: string,
): void {
  const error = dialect.problem(problem);
  const body = Buffer.from(error.body);
  // HTTP/2 has no such header: there one stream ends, and the connection goes on.
  const hangsUp = req.httpVersionMajor < 2 ? { connection: 'close' } : {};
  res.writeHead(error.status, { ...headersOf(error, dialect, body.length, requestId), ...hangsUp });
  res.write(body);
  const hangUp = (): void => {
    clearTimeout(timer);
    req.off('end', hangUp);
    res.end();
  };
  const timer = setTimeout(hangUp, LINGER_MS);
  req.once('end', hangUp);
  req.resume();
}

export function refuse(res: ServerResponse, dialect: Dialect, problem: Problem, requestId: string): void {
  const error = dialect.problem(problem);
  const body = Buffer.from(error.body);
  res.writeHead(error.status, headersOf(error, dialect, body.length, requestId));
  res.end(body);
}

function headersOf(
  error: WireError,
  dialect: Dialect,
  length: number,
  requestId: string,
): Record<string, string | number> {
  return {
    ...error.headers,
    'content-type': 'application/json',
    'content-length': length,
    'x-request-id': requestId,
    [dialect.requestIdHeader]: requestId,
  };
}

/** What arrived is no HTTP request, so its path is unknown and OpenAI's words have to do. */
function answerBroken(
  error: NodeJS.ErrnoException,
  socket: Socket,
  newest: ServerResponse | null,
  limits: ServerLimits,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || (newest !== null && !isFree(newest))) {
    socket.destroy();
    return;
  }
  const { status, body } = OPENAI_MOUNT.dialect.problem(problemOfBroken(error, limits));
  // Who sent it may go on sending, or never hang up.
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.resume();
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Bad Request'}\r\nconnection: close\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** Whether bytes written to the connection now would be taken for the answer to what broke, and not for part of another one. */
function isFree(newest: ServerResponse): boolean {
  return newest.writableFinished || (!newest.req.complete && !newest.headersSent);
}

const REASONS: Readonly<Record<number, string>> = { 408: 'Request Timeout', 431: 'Request Header Fields Too Large' };

function problemOfBroken(error: NodeJS.ErrnoException, limits: ServerLimits): Problem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return { kind: 'headers-too-large', limitBytes: limits.headerBytesMax };
    // Bodies that are late are refused by whoever reads them, before this.
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { kind: 'headers-timeout', limitMs: limits.headerReadMsMax };
    default:
      return { kind: 'malformed-http' };
  }
}
