import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../lib/child.ts';
import { chatPath, chatRequestBody } from '../wire.ts';
import type { ProcessTarget } from '../load/target.ts';

export type ProxyName = 'nginx' | 'haproxy' | 'bare' | 'portkey' | 'offpeak';

/** The core that the proxy under test has to itself; the upstream and the load share `loadCpu`. */
export const proxyCpu = 0;
export const loadCpu = 1;

export interface StartOptions {
  readonly upstreamPort: number;
  /** Where a Node proxy writes a CPU profile when it ends; undefined for none. Only Offpeak heeds it. */
  readonly profileDir: string | undefined;
}

export interface RunningProxy extends ProcessTarget {
  stop(): Promise<void>;
}

export interface Proxy {
  readonly name: ProxyName;
  /** What is measured, with its version, for the report's head. */
  describe(): string;
  /** Installs what is missing. Throws with the reason where that is impossible; the proxy is then left out. */
  prepare(): Promise<void>;
  /** Returns when it answers. */
  start(options: StartOptions): Promise<RunningProxy>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  return port;
}

const readyTimeoutMs = 20_000;
const stopPatienceMs = 5_000;

/** A proxy's child process as a target, once it passes a chat request on to the upstream. */
export async function whenReady(
  child: Child,
  { name, port, headers }: { name: ProxyName; port: number; headers: Readonly<Record<string, string>> },
): Promise<RunningProxy> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  let problem = 'it never listened';
  while (!child.exited() && performance.now() < deadlineMs) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}${chatPath}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', connection: 'close', ...headers },
        body: new Uint8Array(chatRequestBody({ bytes: 1_024, stream: false })),
        signal: AbortSignal.timeout(2_000),
      });
      const body = await response.text();
      if (response.ok) return { name, port, headers, pid: child.pid, stop: () => child.stop(stopPatienceMs) };
      problem = `it answered ${response.status}: ${body.slice(0, 300)}`;
    } catch (error) {
      problem = `no answer: ${String((error as Error).cause ?? error)}`;
    }
    await sleep(50);
  }
  const ended = child.exited();
  await child.stop(stopPatienceMs);
  throw new Error(
    `${name} did not start: ${[ended ? 'it ended' : problem, child.lastWords()].filter(Boolean).join('; ')}`,
  );
}
