import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { AnswerReader } from './answer-reader.ts';

/** Statuses of a server that has no room: OpenAI's, Groq's, and everybody's. Others are faults. */
const REFUSAL_STATUSES: ReadonlySet<number> = new Set([429, 498, 503]);
/** The same, told in a stream whose status was sent to keep the connection alive. */
const REFUSAL_CODES: ReadonlySet<string> = new Set([
  'flex_unavailable',
  'capacity_exceeded',
  'capacity_contended',
  'no_capacity',
  'queue_full',
  'rate_limit_exceeded',
  'server_draining',
]);

export type CallEnd =
  | { readonly outcome: 'completed' }
  /** `why` is the status, or the code where the answer had begun. */
  | { readonly outcome: 'refused' | 'failed'; readonly why: string; readonly retryAfterMs: number | null }
  /** By the replay itself: its time was over. */
  | { readonly outcome: 'cut' };

export interface CallEvents {
  /** Pieces of text that came at once. */
  onPieces(call: Call, pieces: number, at: number): void;
  /** Once, whatever happens. */
  onEnd(call: Call, end: CallEnd, at: number): void;
}

/**
 * One request over HTTP. `waiting` until the first piece of text, `streaming` until the end, then `over`; it gets from any of them to
 * `over` when the answer ends, the connection breaks, the time allowed passes, or the replay cuts it.
 */
export class Call implements Dispatcher.DispatchHandler {
  readonly sentAt: number;
  readonly answer: AnswerReader = new AnswerReader();
  readonly #events: CallEvents;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #state: 'waiting' | 'streaming' | 'over' = 'waiting';
  #status = 0;
  #retryAfterMs: number | null = null;

  constructor(events: CallEvents, sentAt: number, requestMsMax: number) {
    this.#events = events;
    this.sentAt = sentAt;
    this.#timer = setTimeout(() => {
      this.#abort({ outcome: 'failed', why: `no end within ${requestMsMax} ms`, retryAfterMs: null });
    }, requestMsMax);
  }

  get waiting(): boolean {
    return this.#state === 'waiting';
  }

  /** Hanging up makes the server drop the request. */
  cut(): void {
    this.#abort({ outcome: 'cut' });
  }

  /** It took longer than the replay waits for those that are left. */
  giveUp(why: string): void {
    this.#abort({ outcome: 'failed', why, retryAfterMs: null });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It may have ended while it waited for a connection.
    if (this.#state === 'over') controller.abort(new Error('the request is over'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#retryAfterMs = retryAfterOf(headers);
    if (status !== 200) this.#finish(this.#turnedAway(String(status), REFUSAL_STATUSES.has(status)));
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#state === 'over' || this.#status !== 200) return;
    const at = performance.now();
    let pieces: number;
    try {
      pieces = this.answer.push(bytes, at);
    } catch {
      this.#abort({ outcome: 'failed', why: 'the stream is none of JSON events', retryAfterMs: null });
      return;
    }
    if (pieces > 0) {
      this.#state = 'streaming';
      this.#events.onPieces(this, pieces, at);
    }
    const { error, done } = this.answer;
    // Who has sent text has taken the request on: whatever stops it then is a fault.
    if (error !== null) this.#finish(this.#turnedAway(error.code, this.waiting && REFUSAL_CODES.has(error.code)));
    else if (done) this.#finish({ outcome: 'completed' });
  }

  onResponseEnd(): void {
    this.#finish({ outcome: 'failed', why: 'the stream broke off', retryAfterMs: null });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#finish({ outcome: 'failed', why: (error as { code?: string }).code ?? error.name, retryAfterMs: null });
  }

  #turnedAway(why: string, refused: boolean): CallEnd {
    return { outcome: refused ? 'refused' : 'failed', why, retryAfterMs: this.#retryAfterMs };
  }

  #abort(end: CallEnd): void {
    if (this.#state === 'over') return;
    this.#finish(end);
    this.#controller?.abort(new Error('the request is over'));
  }

  #finish(end: CallEnd): void {
    if (this.#state === 'over') return;
    clearTimeout(this.#timer);
    // The owner looks at `waiting` to know whether a first token ever came.
    this.#events.onEnd(this, end, performance.now());
    this.#state = 'over';
  }
}

const SECOND_MS = 1000;

function retryAfterOf(headers: IncomingHttpHeaders): number | null {
  const ms = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (ms >= 0) return ms;
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return seconds >= 0 ? seconds * SECOND_MS : null;
}
