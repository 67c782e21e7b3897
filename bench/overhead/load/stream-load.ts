import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicUs, sentAtUsOf, tokenMark } from '../wire.ts';
import { openConnection } from './connection.ts';
import { requestBytes } from './request.ts';
import type { Target } from './target.ts';

const headEnd = Buffer.from('\r\n\r\n');
const chunkedEnd = Buffer.from('0\r\n\r\n');

/** Requests that may wait for their first byte at a time, so that no listen backlog overflows. */
const openingMax = 64;
/** Every so many reads one is timed. */
const timedReadEvery = 8;
const timedReadsMax = 100_000;

/** Many streaming chats at once, one per connection; counts the tokens that arrive, each of which is one event on every wire. */
export class StreamLoad {
  readonly #target: Target;
  readonly #request: Buffer;
  readonly #sockets: Socket[] = [];
  #failure: Error | undefined;
  #stopped = false;
  #reads = 0;
  #delaysUs: number[] = [];
  /** Tokens so far. Its owner reads it at the borders of a window. */
  tokens = 0;
  /** Streams whose first byte has arrived. */
  opened = 0;
  /** Streams that were read to their end. */
  ended = 0;

  constructor(target: Target) {
    this.#target = target;
    this.#request = requestBytes(target, { bytes: 1024, stream: true });
  }

  async open(streams: number, timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (this.opened < streams) {
      while (this.#sockets.length < streams && this.#sockets.length - this.opened < openingMax) {
        this.#sockets.push(this.#openStream());
      }
      if (performance.now() > deadlineMs) {
        throw new Error(`${this.#target.name} opened only ${this.opened} of ${streams} streams in ${timeoutMs} ms`);
      }
      await this.runFor(1);
    }
  }

  async runFor(durationMs: number): Promise<void> {
    await sleep(durationMs);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Forgets the delays so far; `takeDelaysUs` then covers what follows. */
  startTiming(): void {
    this.#delaysUs = [];
  }

  /** How old the oldest chunk of a sampled read was, from its write in the upstream; ascending. */
  takeDelaysUs(): Float64Array {
    return Float64Array.from(this.#delaysUs).sort();
  }

  /** Waits until the streams that the upstream has finished are read to their end. False if some are not in time. */
  async drain(timeoutMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + timeoutMs;
    while (this.ended < this.#sockets.length && performance.now() < deadlineMs) await this.runFor(5);
    return this.ended === this.#sockets.length;
  }

  close(): void {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  #openStream(): Socket {
    let headSeen = false;
    let open = true;
    const end = (): void => {
      if (open) this.ended++;
      open = false;
    };
    const socket = openConnection(this.#target.port, {
      onOpen: () => socket.write(this.#request),
      onData: (data) => {
        let from = 0;
        if (!headSeen) {
          const head = data.toString('latin1', 0, 1_024);
          if (!head.startsWith('HTTP/1.1 200')) this.#fail(`${this.#target.name} answered a stream with: ${head}`);
          headSeen = true;
          this.opened++;
          from = Math.max(0, data.indexOf(headEnd));
        }
        this.#countTokens(data, from);
        if (data.length >= chunkedEnd.length && data.subarray(-chunkedEnd.length).equals(chunkedEnd)) end();
      },
      onClose: (error) => {
        if (this.#stopped) return;
        if (open && error !== undefined) this.#fail(`${this.#target.name} broke a stream: ${error.message}`);
        end();
      },
    });
    return socket;
  }

  #countTokens(data: Buffer, from: number): void {
    const first = data.indexOf(tokenMark, from);
    for (let at = first; at !== -1; at = data.indexOf(tokenMark, at + tokenMark.length)) this.tokens++;
    if (this.#reads++ % timedReadEvery !== 0 || this.#delaysUs.length >= timedReadsMax || first === -1) return;
    const sentAtUs = sentAtUsOf(data, first);
    if (sentAtUs !== undefined) this.#delaysUs.push(monotonicUs() - sentAtUs);
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message);
    this.close();
  }
}
