import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brokenOff, deliver, type Answer, type Headers, type InStream } from './deliver.ts';
import { FaultPlan, type Fault, type Refusal } from './fault.ts';

/** A request as it came. */
export interface Received {
  readonly method: string;
  /** As it was on the request line, with its query. */
  readonly target: string;
  /** Still encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The parsed JSON; undefined where there is none. */
  readonly body: unknown;
  /** By the monotonic clock, `performance.now()`. */
  readonly arrivedMs: number;
}

export interface Recorded extends Received {
  /** What the fake answered with; undefined while it has not. */
  readonly status: number | undefined;
  /** The caller closed the connection before the answer was whole. */
  readonly aborted: boolean;
  readonly finished: boolean;
}

/** A request that the provider would not have taken, and why. */
export interface Violation {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly what: string;
}

/** Thrown by an imitation: the request is at fault. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal, what: string) {
    super(what);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}

/** What is particular to one provider. */
export interface Imitation {
  /** Throws `Refused`. */
  answer(request: Received): Answer | Promise<Answer>;
  /** Whether faults are for this request: it asks for an answer of a model. */
  generates(request: Received): boolean;
  /** On every answer, refusals included. */
  headers(request: Received): Headers;
  /** How things go wrong inside the stream that this request gets. */
  inStream(request: Received): InStream;
}

export interface Fake {
  /** `http://127.0.0.1:port`, without a path. */
  readonly url: string;
  readonly requests: readonly Recorded[];
  /** Requests that no fault was asked for and that the provider would have refused; a test asserts that there are none. */
  readonly violations: readonly Violation[];
  /** The last request; throws where there was none. */
  last(): Recorded;
  /** The next requests for answers fail like this, whatever else they are; requests that are wrong are still refused for that. */
  next(fault: Fault, times?: number): void;
  /** Those without a fault of their own fail like this; null: they do not. */
  always(fault: Fault | null): void;
  /** Forgets requests, violations and faults. */
  reset(): void;
  close(): Promise<void>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export async function startFake(imitation: Imitation): Promise<Fake> {
  const requests: Writable<Recorded>[] = [];
  const violations: Violation[] = [];
  const plan = new FaultPlan();
  const server = createServer((req, res) => {
    void receive(req).then((received) => (received === null ? undefined : handle(received, res)));
  });
  const handle = async (received: Received, res: ServerResponse): Promise<void> => {
    const recorded: Writable<Recorded> = { ...received, status: undefined, aborted: false, finished: false };
    requests.push(recorded);
    watch(res, recorded);
    try {
      const { answer, fault } = await decide(received);
      await deliver(res, answer, imitation.inStream(received), fault);
    } catch (error) {
      // The imitation is wrong: the caller must not hang, and the run must fail.
      res.destroy();
      throw error;
    }
  };
  const decide = async (received: Received): Promise<{ answer: Answer; fault?: Fault }> => {
    const always = imitation.headers(received);
    try {
      const answer = await imitation.answer(received);
      const fault = imitation.generates(received) ? plan.take() : undefined;
      const whole = { ...answer, headers: { ...always, ...answer.headers } };
      return fault === undefined ? { answer: whole } : { answer: whole, fault };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { refusal } = error;
      violations.push({
        method: received.method,
        path: received.path,
        status: refusal.status,
        what: error.message,
      });
      const headers = { ...always, 'content-type': 'application/json', ...refusal.headers };
      return { answer: { kind: 'whole', status: refusal.status, headers, body: json(refusal.body) } };
    }
  };
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    violations,
    last: () => {
      const last = requests.at(-1);
      if (last === undefined) throw new Error('no request came');
      return last;
    },
    next: (fault, times) => {
      plan.next(fault, times);
    },
    always: (fault) => {
      plan.always(fault);
    },
    reset: () => {
      requests.length = 0;
      violations.length = 0;
      plan.clear();
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

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

export function whole(body: unknown, headers: Headers = {}): Answer {
  return { kind: 'whole', headers: { 'content-type': 'application/json', ...headers }, body: json(body) };
}

/** The value of a header that may come once; undefined where it is absent. */
export function headerOf(request: Received, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The media type without its parameters. */
export function mediaTypeOf(request: Received): string {
  return (headerOf(request, 'content-type') ?? '').split(';')[0]!.trim().toLowerCase();
}

function watch(res: ServerResponse, recorded: Writable<Recorded>): void {
  res.on('close', () => {
    recorded.status = res.headersSent ? res.statusCode : undefined;
    recorded.finished = res.writableFinished;
    recorded.aborted = !res.writableFinished && !brokenOff.has(res);
  });
}

/** Null: the caller went before the request was whole. */
async function receive(req: IncomingMessage): Promise<Received | null> {
  const arrivedMs = performance.now();
  const pieces: Buffer[] = [];
  try {
    for await (const piece of req as AsyncIterable<Buffer>) pieces.push(piece);
  } catch {
    return null;
  }
  const bytes = Buffer.concat(pieces);
  const target = req.url ?? '/';
  const { pathname, searchParams } = new URL(`http://fake${target}`);
  return {
    method: req.method ?? '',
    target,
    path: pathname,
    query: searchParams,
    headers: req.headers,
    bytes,
    body: parsed(bytes),
    arrivedMs,
  };
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
