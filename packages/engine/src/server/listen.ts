import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Router } from './router.ts';
import type { EngineParts } from './router.ts';

export interface Address {
  readonly host?: string;
  /** 0 picks a free port. */
  readonly port?: number;
}

/** An engine that answers on a port. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Generation requests that arrived, refused ones included. */
  readonly receivedRequests: number;
  /** Cuts every connection and frees the port. */
  close(): Promise<void>;
}

export async function listen(parts: EngineParts, address: Address): Promise<Listening> {
  const host = address.host ?? '127.0.0.1';
  const router = new Router(parts);
  const server = createServer((request, response) => void router.serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    get receivedRequests() {
      return router.receivedRequests;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
