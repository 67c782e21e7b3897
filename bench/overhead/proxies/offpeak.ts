import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPinned } from '../../lib/child.ts';
import { temporaryDir } from '../../lib/cleanup.ts';
import { modelName } from '../wire.ts';
import { freePort, proxyCpu, whenReady, type Proxy, type RunningProxy } from './proxy.ts';

const program = fileURLToPath(new URL('../../../packages/cli/dist/main.js', import.meta.url));

function engineConfig(upstreamPort: number): string {
  return `
upstreams:
  - name: fake
    kind: engine
    engine: openai
    url: http://127.0.0.1:${upstreamPort}
    models: [${modelName}]
    capacity: { slots: 20000 }
`;
}

/** Everything is on; the limits are counted and never reached. */
const projects = `
projects:
  - name: bench
    limits: { standard: { requestsPerMinute: 100000000, tokensPerMinute: 10000000000 } }
`;

function createKey(dataDir: string): string {
  const args = [program, 'keys', 'create', '--project', 'bench', '--data', dataDir, '--json'];
  const result = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
  if (result.status !== 0) throw new Error(`offpeak did not start: keys create said: ${result.stderr.trim()}`);
  return (JSON.parse(result.stdout) as { key: string }).key;
}

export const offpeak: Proxy = {
  name: 'offpeak',
  describe: () => `Offpeak on Node ${process.version}: keys, limits, scheduler, metrics and ledger on`,
  prepare: async () => {
    if (!existsSync(program)) throw new Error('offpeak did not start: it is not built; run: npm run build');
  },
  start: ({ upstreamPort, profileDir }) => startOffpeak(engineConfig(upstreamPort), profileDir),
};

/** `upstreams`: that part of the configuration; one of them is an engine with the model that is asked to see whether it answers. */
export async function startOffpeak(
  upstreams: string,
  profileDir: string | undefined,
): Promise<RunningProxy & { readonly key: string }> {
  const dir = temporaryDir('offpeak');
  const dataDir = join(dir, 'data');
  const configFile = join(dir, 'offpeak.yaml');
  writeFileSync(configFile, upstreams + projects);
  const key = createKey(dataDir);
  const port = await freePort();
  const profile = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
  const child = startPinned({
    cpu: proxyCpu,
    command: process.execPath,
    args: [...profile, program, 'serve', '--config', configFile, '--data', dataDir, '--port', String(port)],
  });
  const headers = { authorization: `Bearer ${key}` };
  return { ...(await whenReady(child, { name: 'offpeak', port, headers })), key };
}
