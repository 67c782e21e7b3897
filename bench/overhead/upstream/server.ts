import { createServer, type Server, type Socket } from 'node:net';
import { UpstreamConnection } from './connection.ts';
import { Pacer, type PacedStream } from './pacer.ts';

export interface UpstreamServer {
  readonly server: Server;
  readonly pacer: Pacer;
}

/** Just enough HTTP/1.1 over `node:net` to be cheaper than any proxy in front of it. */
export function createUpstreamServer(): UpstreamServer {
  const connections = new Map<Socket, UpstreamConnection>();
  const pacer = new Pacer((stream: PacedStream) => connections.get(stream.socket)?.streamDone());
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new UpstreamConnection(socket, pacer);
    connections.set(socket, connection);
    socket.on('data', (data: Buffer) => {
      connection.read(data);
    });
    socket.on('close', () => {
      connection.closed();
      connections.delete(socket);
    });
    // A proxy that is stopped resets its connections; `close` follows and does the work.
    socket.on('error', () => undefined);
  });
  return { server, pacer };
}
