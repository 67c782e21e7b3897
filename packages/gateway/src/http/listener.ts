import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Problem, WireError } from '@offpeak/dialects';
import type { ServerLimits } from '../config/config.ts';
import { OPENAI_MOUNT } from './mounts.ts';

/** How often Node looks for senders that exceed the read limits. */
const CHECK_EVERY_MS = 1_000;
/** A refused sender that goes on sending is listened to this long, so that it gets to read the refusal. */
const LINGER_MS = 2_000;

export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => void;

/** The HTTP server itself: its limits, and answers for what is not even a request. */
export function createListener(limits: ServerLimits, handler: RequestHandler): Server {
  /** The newest request of each connection, to know whether an answer is due on one that breaks. */
  const newest = new WeakMap<Socket, ServerResponse>();
  const take: RequestHandler = (req, res) => {
    newest.set(req.socket, res);
    handler(req, res);
  };
  const server = createServer(
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
  server.maxConnections = limits.connectionsMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    answerBroken(error, socket, newest.get(socket), limits);
  });
  // A body that is too large is refused before it is asked for.
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => {
    if (!(Number(req.headers['content-length']) > limits.bodyBytesMax)) res.writeContinue();
    take(req, res);
  });
  // An expectation that nobody knows can be ignored; Node would refuse it in its own form.
  server.on('checkExpectation', take);
  return server;
}

/** Refuses a request whose body was not read, and hangs up when the sender has had the time to notice. */
export function refuseUnread(req: IncomingMessage, res: ServerResponse, error: WireError, requestId: string): void {
  const body = Buffer.from(error.body);
  res.writeHead(error.status, { ...headersOf(error, body.length, requestId), connection: 'close' });
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

export function refuse(res: ServerResponse, error: WireError, requestId: string): void {
  const body = Buffer.from(error.body);
  res.writeHead(error.status, headersOf(error, body.length, requestId));
  res.end(body);
}

function headersOf(error: WireError, length: number, requestId: string): Record<string, string | number> {
  return {
    ...error.headers,
    'content-type': 'application/json',
    'content-length': length,
    'x-request-id': requestId,
  };
}

/** What arrived is no HTTP request, so its path is unknown and OpenAI's words have to do. */
function answerBroken(
  error: NodeJS.ErrnoException,
  socket: Socket,
  newest: ServerResponse | undefined,
  limits: ServerLimits,
): void {
  if (error.code === 'ECONNRESET' || !socket.writable || (newest !== undefined && !isFree(newest))) {
    socket.destroy();
    return;
  }
  const { status, body } = OPENAI_MOUNT.dialect.problem(problemOfBroken(error, limits));
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
