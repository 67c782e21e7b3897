import type { Dispatcher } from 'undici';
import type { WireHeaders } from '@offpeak/dialects';
import type { LongTimer, LongTimers } from '../http/long-timers.ts';
import type { RunEnd } from './run-end.ts';

/** Error bodies of engines are short; the rest of a longer one is not read. */
const ERROR_BYTES_MAX = 64 * 1024;
/** An engine whose answer is whole gets this long to end its response, so that the connection can be used again. */
const LINGER_MS = 500;

/** How long one run may be silent, how much it may say, and what watches over it. */
export interface RunLimits {
  readonly timers: LongTimers;
  /** From sending the request to the first byte of the answer. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer. */
  readonly silenceMs: number;
  /** More than the model can have written; an engine that goes on does so for ever. */
  readonly streamTokensMax: number;
  /** What a status other than 200 means. */
  refused(status: number, headers: WireHeaders, body: Buffer): RunEnd;
  /** The upstream began to answer, whatever it is going to say. */
  responded?(headers: WireHeaders): void;
}

/**
 * One request on one engine, as undici reports it. It ends in exactly one of three ways: a subclass told its owner of a whole
 * answer, `ended` was called once, or `abort` was called and nothing is told any more.
 */
export abstract class EngineRun implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | null = null;
  #over = false;
  #errorStatus = 0;
  #errorHeaders: WireHeaders = {};
  #errorBody: Buffer[] = [];
  #errorBytes = 0;
  #responseEnded = false;
  #linger: NodeJS.Timeout | null = null;
  /** The engine's last sign of life, and when its silence is looked at next. */
  #heardAt = 0;
  #began = false;
  #paused = false;
  #watch: LongTimer | null = null;
  protected readonly limits: RunLimits;

  constructor(limits: RunLimits) {
    this.limits = limits;
  }

  /** Something of ours threw while what came was taken in: whoever waits for the answer is to be told, and its ticket to end. */
  protected abstract broke(error: unknown): void;
  /** The whole run has failed. Called at most once, and never after `abort`. */
  protected abstract ended(end: RunEnd): void;
  /** A status of 200 came, and these headers. */
  protected begins(_headers: WireHeaders): void {
    // Most runs want nothing of them.
  }

  protected abstract received(chunk: Buffer): void;
  protected abstract completed(): void;

  /** Stops the engine's work: closing the connection is what makes engines drop a request. */
  abort(): void {
    if (this.#over) return;
    this.#end();
    this.#controller?.abort(new Error('run aborted'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Aborted while it waited for a connection.
    if (this.#over) controller.abort(new Error('run aborted'));
    else this.#listen();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    // Nobody reads them, and each keeps the network buffer that it came in for as long as the stream runs.
    controller.rawHeaders = null;
    if (this.#over) return;
    this.#began = true;
    this.#listen();
    try {
      // A header that comes twice is a list there; those that are read here come once.
      this.limits.responded?.(headers as WireHeaders);
      if (status === 200) this.begins(headers as WireHeaders);
      else {
        this.#errorStatus = status;
        this.#errorHeaders = headers as WireHeaders;
      }
    } catch (error) {
      this.#giveUp(error);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#heardAt = performance.now();
    if (this.#errorStatus === 0) {
      try {
        this.received(chunk);
      } catch (error) {
        this.#giveUp(error);
      }
      return;
    }
    if (this.#errorBytes < ERROR_BYTES_MAX) this.#errorBody.push(chunk);
    this.#errorBytes += chunk.length;
  }

  onResponseEnd(): void {
    this.#responseEnded = true;
    this.#stopLinger();
    if (this.#over) return;
    try {
      if (this.#errorStatus === 0) this.completed();
      else this.fail(this.limits.refused(this.#errorStatus, this.#errorHeaders, Buffer.concat(this.#errorBody)));
    } catch (error) {
      this.#giveUp(error);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#stopLinger();
    if (this.#over) return;
    this.#end();
    // Messages of network errors hold addresses of the operator's network; their codes do not.
    const { code } = error as { code?: string };
    try {
      this.ended({ kind: 'lost', detail: `the connection failed (${code ?? error.name})` });
    } catch (fault) {
      this.#giveUp(fault);
    }
  }

  /** The HTTP client would take what is thrown for a broken connection, of which a run that is over tells nobody. */
  #giveUp(error: unknown): void {
    this.abort();
    this.broke(error);
  }

  /** When the bytes that are being taken in were read. */
  protected get heardAt(): number {
    return this.#heardAt;
  }

  /** The upstream answered, and with what was asked for. */
  protected get began(): boolean {
    return this.#began && this.#errorStatus === 0;
  }

  /** Nothing is told any more. */
  protected get over(): boolean {
    return this.#over;
  }

  protected pause(): void {
    this.#paused = true;
    this.#controller?.pause();
  }

  protected resume(): void {
    if (this.#over) return;
    this.#paused = false;
    this.#heardAt = performance.now();
    this.#controller?.resume();
  }

  /** The answer is whole, whether or not the engine has ended its response yet. What it still sends is not listened to. */
  protected close(): void {
    this.#end();
    if (this.#responseEnded) return;
    this.#controller?.resume();
    this.#linger = setTimeout(() => {
      this.#controller?.abort(new Error('the engine did not end its response'));
    }, LINGER_MS);
  }

  #end(): void {
    this.#over = true;
    this.#watch?.cancel();
    this.#watch = null;
  }

  /**
   * Silence is watched here and not by undici, whose timers are kept for a while after each request: at thousands of requests a second
   * that is work for the garbage collector, more than all of a request's own.
   */
  #listen(): void {
    this.#heardAt = performance.now();
    this.#watch?.cancel();
    this.#watch = this.limits.timers.after(this.#silenceMsMax, () => {
      this.#judgeSilence();
    });
  }

  #judgeSilence(): void {
    const silentMs = performance.now() - this.#heardAt;
    if (!this.#paused && silentMs >= this.#silenceMsMax) {
      const detail = this.#began ? 'it fell silent' : 'it did not begin to answer';
      try {
        this.fail({ kind: 'lost', detail, timeoutMs: this.#silenceMsMax });
      } catch (error) {
        this.#giveUp(error);
      }
      return;
    }
    const leftMs = this.#paused ? this.#silenceMsMax : Math.ceil(this.#silenceMsMax - silentMs);
    this.#watch = this.limits.timers.after(leftMs, () => {
      this.#judgeSilence();
    });
  }

  get #silenceMsMax(): number {
    return this.#began ? this.limits.silenceMs : this.limits.firstByteMs;
  }

  #stopLinger(): void {
    if (this.#linger === null) return;
    clearTimeout(this.#linger);
    this.#linger = null;
  }

  /** What came is of no use; the connection is given up. */
  protected fail(end: RunEnd): void {
    if (this.#over) return;
    this.abort();
    this.ended(end);
  }
}
