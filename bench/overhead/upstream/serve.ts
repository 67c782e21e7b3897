// The fake upstream, a process of its own: just enough HTTP/1.1 over `node:net` to be cheaper than any proxy before it.
// Its parent steers it with messages; it ends when the parent goes away.
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { UpstreamConnection } from './connection.ts';
import type { UpstreamOrder, UpstreamReport } from './control.ts';
import { Pacer, type PacedStream } from './pacer.ts';

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

function report(message: UpstreamReport): void {
  process.send!(message);
}

process.on('message', (order: UpstreamOrder) => {
  if (order.kind === 'pace') pacer.setRate(order.tokensPerSecond);
  if (order.kind === 'finish') pacer.finishAll();
  report({ kind: 'done' });
});
process.on('disconnect', () => process.exit(0));

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  report({ kind: 'listening', port: (server.address() as AddressInfo).port });
});
