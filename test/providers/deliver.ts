import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './fault.ts';

export type Headers = Readonly<Record<string, string>>;

/** What a fake would answer if nothing went wrong. */
export type Answer =
  | { readonly kind: 'whole'; readonly status?: number; readonly headers: Headers; readonly body: Buffer }
  | {
      readonly kind: 'stream';
      readonly headers: Headers;
      readonly events: readonly Buffer[];
      /** How many of the last events are the wire's end mark. */
      readonly endEvents: number;
    };

/** What a wire has inside its streams when things go wrong. */
export interface InStream {
  readonly error: (fault: Extract<Fault, { kind: 'error-event' }>) => Buffer;
  /** An event that is framed well and holds cut JSON. */
  readonly malformed: Buffer;
}

type InMiddle = Exclude<Fault, { kind: 'refuse' | 'slow' | 'wait' | 'hang' | 'reset' | 'html' | 'empty' }>;

const HTML =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n';
/** No UTF-8, no SSE field, no frame whose checksum holds. */
const GARBAGE = Buffer.from([
  0x00, 0xff, 0xfe, 0x80, 0x0d, 0x7b, 0x22, 0xc3, 0x28, 0x0a, 0x0a, 0x00, 0x00, 0x10, 0x99, 0x0a,
]);

/** Answers that a fake broke off itself; whoever called did not. */
export const brokenOff = new WeakSet<ServerResponse>();

function breakOff(res: ServerResponse): void {
  brokenOff.add(res);
  res.destroy();
}

/** Answers as the fault says; resolves when there is nothing left to write, or the caller is gone. */
export async function deliver(res: ServerResponse, answer: Answer, inStream: InStream, fault?: Fault): Promise<void> {
  const gone = new AbortController();
  res.on('close', () => {
    gone.abort();
  });
  try {
    switch (fault?.kind) {
      case 'hang':
        return;
      case 'reset':
        breakOff(res);
        return;
      case 'slow':
        await sleep(fault.ms, undefined, { signal: gone.signal });
        await write(res, answer, inStream);
        return;
      case 'wait':
        await fault.until;
        await write(res, answer, inStream);
        return;
      case 'html':
        end(res, fault.status, { 'content-type': 'text/html' }, Buffer.from(HTML));
        return;
      case 'empty':
        end(res, 200, answer.headers, Buffer.alloc(0));
        return;
      case 'refuse':
        end(
          res,
          fault.refusal.status,
          { ...withoutType(answer.headers), 'content-type': 'application/json', ...fault.refusal.headers },
          Buffer.from(JSON.stringify(fault.refusal.body)),
        );
        return;
      default:
        await write(res, answer, inStream, fault, gone.signal);
    }
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}

function withoutType(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type'));
}

async function write(
  res: ServerResponse,
  answer: Answer,
  inStream: InStream,
  fault?: InMiddle,
  gone?: AbortSignal,
): Promise<void> {
  const headers = fault?.kind === 'content-type' ? { ...answer.headers, 'content-type': fault.type } : answer.headers;
  if (answer.kind === 'stream') {
    res.writeHead(200, headers);
    res.flushHeaders();
    await writeEvents(res, answer.events, answer.endEvents, inStream, fault, gone);
    return;
  }
  const status = answer.status ?? 200;
  if (fault === undefined || fault.kind === 'content-type') end(res, status, headers, answer.body);
  else {
    res.writeHead(status, headers);
    res.flushHeaders();
    await writeEvents(res, halves(answer.body), 1, { ...inStream, malformed: GARBAGE }, forWhole(fault), gone);
  }
}

/** An answer in one piece goes wrong in its middle, wherever a stream would. */
function forWhole(fault: InMiddle): InMiddle {
  switch (fault.kind) {
    case 'malformed-json':
    case 'error-event':
      return { kind: 'truncate', afterEvents: 1 };
    case 'stall':
    case 'die':
    case 'truncate':
      return { ...fault, afterEvents: fault.afterEvents === 0 ? 0 : 1 };
    case 'mangle':
      return { ...fault, event: 0 };
    default:
      return fault;
  }
}

function halves(body: Buffer): Buffer[] {
  const middle = body.length >> 1;
  return [body.subarray(0, middle), body.subarray(middle)];
}

async function writeEvents(
  res: ServerResponse,
  events: readonly Buffer[],
  endEvents: number,
  inStream: InStream,
  fault?: InMiddle,
  gone?: AbortSignal,
): Promise<void> {
  if (fault?.kind === 'trickle') {
    await trickle(res, Buffer.concat(events), fault.bytes ?? 1);
    return;
  }
  const { pieces, then } = planned(events, endEvents, inStream, fault);
  for (const piece of pieces) {
    if (res.destroyed) return;
    res.write(piece);
    // Each event leaves in a write of its own, as tokens do that are made one after the other.
    if (fault?.kind === 'pace') await sleep(fault.ms, undefined, gone === undefined ? {} : { signal: gone });
    else await nextTurn();
  }
  if (then === 'end') res.end();
  else if (then === 'destroy') breakOff(res);
}

interface Planned {
  readonly pieces: readonly Buffer[];
  readonly then: 'end' | 'destroy' | 'nothing';
}

function planned(events: readonly Buffer[], endEvents: number, inStream: InStream, fault?: InMiddle): Planned {
  switch (fault?.kind) {
    case 'stall':
      return { pieces: events.slice(0, fault.afterEvents), then: 'nothing' };
    case 'die':
      return { pieces: events.slice(0, fault.afterEvents), then: 'destroy' };
    case 'truncate':
      return { pieces: events.slice(0, fault.afterEvents ?? events.length - endEvents), then: 'end' };
    case 'error-event':
      return { pieces: [...events.slice(0, fault.afterEvents), inStream.error(fault)], then: 'end' };
    case 'malformed-json':
      return { pieces: inserted(events, fault.afterEvents ?? 1, inStream.malformed), then: 'end' };
    case 'insert':
      return {
        pieces: inserted(
          fault.ends === true ? events.slice(0, fault.afterEvents) : events,
          fault.afterEvents,
          fault.bytes,
        ),
        then: 'end',
      };
    case 'garbage':
      return { pieces: inserted(events, fault.afterEvents, GARBAGE), then: 'end' };
    case 'mangle': {
      const pieces = events.map((bytes, index) => (index === fault.event ? fault.how(bytes) : bytes));
      return { pieces: fault.ends === true ? pieces.slice(0, fault.event + 1) : pieces, then: 'end' };
    }
    default:
      return { pieces: events, then: 'end' };
  }
}

function inserted(events: readonly Buffer[], at: number, piece: Buffer): Buffer[] {
  return [...events.slice(0, at), piece, ...events.slice(at)];
}

async function trickle(res: ServerResponse, bytes: Buffer, size: number): Promise<void> {
  for (let at = 0; at < bytes.length && !res.destroyed; at += size) {
    res.write(bytes.subarray(at, at + size));
    await nextTurn();
  }
  res.end();
}

function end(res: ServerResponse, status: number, headers: Headers, body: Buffer): void {
  res.writeHead(status, { ...headers, 'content-length': String(body.length) });
  res.end(body);
}
