import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from './connection.ts';
import { requestBytes } from './request.ts';
import { ResponseReader } from './response-reader.ts';
import type { Target } from './target.ts';

export interface ClosedLoadOptions {
  readonly bodyBytes: number;
  readonly connections: number;
}

/** Unary requests over keep-alive connections, each sending its next request when the last is answered. */
export class ClosedLoad {
  /** Grows while the load runs; its owner reads it at the borders of a window. */
  answered = 0;
  #running = true;
  #failure: Error | undefined;
  #sockets: Socket[] = [];

  constructor(target: Target, { bodyBytes, connections }: ClosedLoadOptions) {
    const request = requestBytes(target, { bytes: bodyBytes, stream: false });
    for (let index = 0; index < connections; index++) this.#sockets.push(this.#run(target, request));
  }

  /** Lets the load run for a while; fails when the target refused, or closed a connection. */
  async runFor(durationMs: number): Promise<void> {
    await sleep(durationMs);
    if (this.#failure !== undefined) throw this.#failure;
  }

  stop(): void {
    this.#running = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  #run(target: Target, request: Buffer): Socket {
    const reader = new ResponseReader();
    const socket = openConnection(target.port, {
      onOpen: () => socket.write(request),
      onData: (data) => {
        if (!reader.feed(data)) return;
        if (reader.status !== 200)
          this.#fail(`${target.name} answered ${reader.status}: ${data.subarray(-400).toString('latin1')}`);
        else if (this.#running) {
          this.answered++;
          socket.write(request);
        }
      },
      onClose: (error) => {
        if (this.#running)
          this.#fail(`${target.name} closed a connection${error === undefined ? '' : `: ${error.message}`}`);
      },
    });
    return socket;
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message);
    this.stop();
  }
}
