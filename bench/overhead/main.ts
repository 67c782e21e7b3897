import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BenchOptions } from '../lib/bench.ts';
import { takePrecedenceUntilEnd } from '../lib/precedence.ts';
import { parseOptions, usage, type OverheadOptions } from './options.ts';
import { profileSummary } from './profile-summary.ts';
import { bare } from './proxies/bare.ts';
import { haproxy } from './proxies/haproxy.ts';
import { nginx } from './proxies/nginx.ts';
import { offpeak } from './proxies/offpeak.ts';
import { portkey } from './proxies/portkey.ts';
import { loadCpu, type Proxy } from './proxies/proxy.ts';
import { jsonReport, textReport, type Skipped } from './report.ts';
import { Results } from './results.ts';
import { streamRounds } from './stream-rounds.ts';
import { unaryRounds } from './unary-rounds.ts';
import { Upstream } from './upstream/control.ts';
import { wireRounds } from './wires/rounds.ts';

const allProxies: readonly Proxy[] = [nginx, haproxy, bare, portkey, offpeak];

export async function run({ json, argv }: BenchOptions): Promise<number> {
  const options = parseOptions(argv);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  keepOffTheProxiesCore();
  takePrecedenceUntilEnd();
  const { ready, skipped } = await prepared(options);
  if (ready.length === 0) throw new Error(skipped.map(({ name, reason }) => `${name}: ${reason}`).join('\n'));

  const profileDir = options.profile ? newProfileDir() : undefined;
  const upstream = await Upstream.start(loadCpu);
  const results = new Results();
  const context = { options, proxies: ready, upstream, results, profileDir, progress: console.error };
  await unaryRounds(context);
  await streamRounds(context);
  await wireRounds(context);
  await upstream.stop();

  const subjects = ready.map((proxy) => ({ name: proxy.name, description: proxy.describe() }));
  const report = { subjects, skipped, rounds: options.rounds, results };
  console.log(json ? JSON.stringify(jsonReport(report), null, 2) : textReport(report));
  if (profileDir !== undefined) console.error(profileSummary(profileDir));
  return 0;
}

/** Binds this process, which is the load generator, to the core that the proxies do not use. */
function keepOffTheProxiesCore(): void {
  if (process.platform !== 'linux') throw new Error('bench/overhead reads /proc and pins with taskset: it needs Linux');
  if (availableParallelism() < 2) throw new Error('bench/overhead needs two CPUs: one for the proxy, one for its load');
  const pinned = spawnSync('taskset', ['-acp', String(loadCpu), String(process.pid)]);
  if (pinned.status !== 0) throw new Error('taskset, of Debian package util-linux, is missing or may not pin');
}

async function prepared({ only }: OverheadOptions): Promise<{ ready: Proxy[]; skipped: Skipped[] }> {
  const ready: Proxy[] = [];
  const skipped: Skipped[] = [];
  for (const proxy of allProxies.filter(({ name }) => only.includes(name))) {
    try {
      await proxy.prepare();
      ready.push(proxy);
    } catch (error) {
      skipped.push({ name: proxy.name, reason: (error as Error).message });
    }
  }
  return { ready, skipped };
}

function newProfileDir(): string {
  const name = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const dir = fileURLToPath(new URL(`../results/overhead-profile-${name}/`, import.meta.url));
  mkdirSync(dir, { recursive: true });
  return dir;
}
