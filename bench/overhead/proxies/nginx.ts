import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openFilesMax, startPinned } from '../../lib/child.ts';
import { temporaryDir } from '../../lib/cleanup.ts';
import { ensureDebianPackage, installedVersion } from './debian.ts';
import { freePort, proxyCpu, whenReady, type Proxy } from './proxy.ts';

interface NginxConfig {
  readonly dir: string;
  readonly port: number;
  readonly upstreamPort: number;
}

/**
 * One worker, keep-alive on both sides, no access log. Responses are not buffered, because streams must not be; requests
 * are, in memory up to 2 MB, because an LLM gateway reads them whole too.
 */
function nginxConfig({ dir, port, upstreamPort }: NginxConfig): string {
  const files = openFilesMax();
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
worker_rlimit_nofile ${files};
pid ${dir}/nginx.pid;
error_log stderr error;
events { worker_connections ${files - 100}; }
http {
  access_log off;
  tcp_nodelay on;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  client_max_body_size 16m;
  client_body_buffer_size 2m;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  upstream engine {
    server 127.0.0.1:${upstreamPort};
    keepalive 512;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://engine;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer upstream-key";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`;
}

export const nginx: Proxy = {
  name: 'nginx',
  describe: () => installedVersion('nginx', '-v') ?? 'nginx',
  prepare: async () => {
    ensureDebianPackage('nginx', '-v', 'nginx-light');
  },
  start: async ({ upstreamPort }) => {
    const dir = temporaryDir('nginx');
    const port = await freePort();
    const file = join(dir, 'nginx.conf');
    writeFileSync(file, nginxConfig({ dir, port, upstreamPort }));
    const child = startPinned({
      cpu: proxyCpu,
      command: 'nginx',
      args: ['-c', file, '-p', dir, '-e', 'stderr', '-g', 'daemon off;'],
    });
    return whenReady(child, { name: 'nginx', port, headers: { authorization: 'Bearer client-key' } });
  },
};
