import { fileURLToPath } from 'node:url';
import { startPinned } from '../../lib/child.ts';
import { freePort, proxyCpu, whenReady, type Proxy } from './proxy.ts';

export const bare: Proxy = {
  name: 'bare',
  describe: () => `node:http + undici dispatch on Node ${process.version}, no features`,
  prepare: async () => undefined,
  start: async ({ upstreamPort }) => {
    const port = await freePort();
    const program = fileURLToPath(new URL('./bare-proxy.ts', import.meta.url));
    const child = startPinned({
      cpu: proxyCpu,
      command: process.execPath,
      args: [program, String(port), String(upstreamPort)],
    });
    return whenReady(child, { name: 'bare', port, headers: { authorization: 'Bearer client-key' } });
  },
};
