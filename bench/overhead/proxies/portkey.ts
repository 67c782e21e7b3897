import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startPinned } from '../../lib/child.ts';
import { freePort, proxyCpu, whenReady, type Proxy } from './proxy.ts';

const version = '1.15.2';
const installDir = fileURLToPath(new URL('../../.cache/portkey/', import.meta.url));
const program = `${installDir}node_modules/@portkey-ai/gateway/build/start-server.js`;

/**
 * A package of its own, so that npm does not take the workspace for the place to install into. Portkey allows every 1.x of
 * @hono/node-server; from 1.14 on all its streams fail (it appends to headers that are immutable there), so the last
 * version that works is chosen for it.
 */
const installManifest = JSON.stringify({
  private: true,
  dependencies: { '@portkey-ai/gateway': version },
  overrides: { '@hono/node-server': '1.13.8' },
});
const manifestFile = `${installDir}package.json`;

function installed(): boolean {
  return existsSync(program) && readFileSync(manifestFile, 'utf8') === installManifest;
}

export const portkey: Proxy = {
  name: 'portkey',
  describe: () => `@portkey-ai/gateway ${version} on Node ${process.version}`,
  /** Into a folder of the bench's own: it is no dependency of this project. */
  prepare: async () => {
    if (installed()) return;
    mkdirSync(installDir, { recursive: true });
    writeFileSync(manifestFile, installManifest);
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund'];
    const result = spawnSync('npm', args, { cwd: installDir, encoding: 'utf8' });
    if (result.status !== 0 || !installed()) {
      throw new Error(`npm could not install @portkey-ai/gateway ${version}: ${(result.stderr ?? '').trim()}`);
    }
  },
  start: async ({ upstreamPort }) => {
    const port = await freePort();
    const child = startPinned({
      cpu: proxyCpu,
      command: process.execPath,
      args: [program, `--port=${port}`, '--headless'],
      env: { NODE_ENV: 'production' },
    });
    const headers = {
      authorization: 'Bearer client-key',
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
    };
    return whenReady(child, { name: 'portkey', port, headers });
  },
};
