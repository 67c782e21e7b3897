import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFilesMax, startPinned } from '../../lib/child.ts';
import { temporaryDir } from '../../lib/cleanup.ts';
import { ensureDebianPackage, installedVersion } from './debian.ts';
import { freePort, proxyCpu, whenReady, type Proxy } from './proxy.ts';

/** One thread, keep-alive on both sides with connections reused between clients, no log. */
function haproxyConfig(port: number, upstreamPort: number): string {
  // Each connection through it takes two files.
  const connectionsMax = Math.min(20_000, Math.floor((openFilesMax() - 200) / 2));
  return `
global
  nbthread 1
  maxconn ${connectionsMax}

defaults
  mode http
  option http-no-delay
  timeout connect 5s
  timeout client 600s
  timeout server 600s
  timeout http-keep-alive 600s

frontend clients
  bind 127.0.0.1:${port} backlog 4096
  maxconn ${connectionsMax}
  default_backend engine

backend engine
  http-reuse always
  http-request set-header authorization "Bearer upstream-key"
  server engine 127.0.0.1:${upstreamPort}
`;
}

export const haproxy: Proxy = {
  name: 'haproxy',
  describe: () => (installedVersion('haproxy', '-v') ?? 'HAProxy').replace(/ - http.*/, ''),
  prepare: async () => {
    ensureDebianPackage('haproxy', '-v', 'haproxy');
  },
  start: async ({ upstreamPort }) => {
    const port = await freePort();
    const file = join(temporaryDir('haproxy'), 'haproxy.cfg');
    writeFileSync(file, haproxyConfig(port, upstreamPort));
    const child = startPinned({ cpu: proxyCpu, command: 'haproxy', args: ['-db', '-f', file] });
    return whenReady(child, { name: 'haproxy', port, headers: { authorization: 'Bearer client-key' } });
  },
};
