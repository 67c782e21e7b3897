// The fake upstream as a process of its own. Its parent steers it with messages; it ends when the parent goes away.
import type { AddressInfo } from 'node:net';
import type { UpstreamOrder, UpstreamReport } from './control.ts';
import { createUpstreamServer } from './server.ts';

const { server, pacer } = createUpstreamServer();

function report(message: UpstreamReport): void {
  process.send!(message);
}

process.on('message', (order: UpstreamOrder) => {
  if (order.kind === 'pace') pacer.setRate(order.tokensPerSecond);
  else pacer.finishAll();
  report({ kind: 'done' });
});
process.on('disconnect', () => process.exit(0));

server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  report({ kind: 'listening', port: (server.address() as AddressInfo).port });
});
