import type { Socket } from 'node:net';
import { openConnection } from './connection.ts';
import { requestBytes } from './request.ts';
import { ResponseReader } from './response-reader.ts';
import type { Target } from './target.ts';

/** A target that needs more than this many connections at the rates used here has fallen hopelessly behind. */
const connectionsMax = 1_000;

export interface OpenLoopOptions {
  readonly bodyBytes: number;
  readonly requestsPerSecond: number;
  /** Answers in this first part are not counted. */
  readonly warmUpMs: number;
  readonly windowMs: number;
}

interface IdleConnection {
  send(): void;
}

/**
 * Sends at a fixed rate whatever the answers do, on an idle connection or a new one, and returns how long each answer
 * took from its request's write, in microseconds, ascending.
 */
export async function openLoopLatenciesUs(target: Target, options: OpenLoopOptions): Promise<Float64Array> {
  const request = requestBytes(target, { bytes: options.bodyBytes, stream: false });
  const idle: IdleConnection[] = [];
  const sockets: Socket[] = [];
  const latenciesUs: number[] = [];
  const startMs = performance.now();
  const countFromMs = startMs + options.warmUpMs;
  const endMs = countFromMs + options.windowMs;

  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let ended = false;

  const addConnection = (): void => {
    if (sockets.length >= connectionsMax) {
      reject(new Error(`${target.name} left ${connectionsMax} requests unanswered at ${options.requestsPerSecond}/s`));
      return;
    }
    const reader = new ResponseReader();
    let sentMs = 0;
    const connection = {
      send: () => {
        sentMs = performance.now();
        socket.write(request);
      },
    };
    const socket = openConnection(target.port, {
      onOpen: connection.send,
      onData: (data) => {
        if (!reader.feed(data)) return;
        if (reader.status !== 200) reject(new Error(`${target.name} answered ${reader.status}`));
        if (sentMs >= countFromMs) latenciesUs.push((performance.now() - sentMs) * 1000);
        idle.push(connection);
      },
      onClose: () => {
        if (!ended) reject(new Error(`${target.name} closed a connection`));
      },
    });
    sockets.push(socket);
  };

  let sent = 0;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs >= endMs) resolve(undefined);
    const due = Math.floor(((nowMs - startMs) * options.requestsPerSecond) / 1000);
    for (; sent < due; sent++) {
      const connection = idle.pop();
      if (connection === undefined) addConnection();
      else connection.send();
    }
  }, 1);
  try {
    await promise;
  } finally {
    ended = true;
    clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  }
  return Float64Array.from(latenciesUs).sort();
}
