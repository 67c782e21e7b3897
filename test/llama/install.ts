import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { llamaCpuInstall } from '@offpeak/engine';

/** Out of the way of every tool, and gone with the next `npm ci`. */
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/offpeak/', import.meta.url));
const INSTALL_MS_MAX = 180_000;
/** Without a network it is known soon. */
const RETRIES = ['--fetch-retries=1', '--fetch-retry-mintimeout=1000'];
const POLL_MS = 100;
const LINES_SHOWN = 3;
const run = promisify(execFile);

export type LlamaHome =
  { readonly home: string; readonly reason?: undefined } | { readonly home: undefined; readonly reason: string };

/**
 * A folder with node-llama-cpp and its binary for this machine's CPU, installed from the registry when it is not there yet. Where
 * that is impossible, the reason.
 */
export async function llamaHome(): Promise<LlamaHome> {
  const given = process.env['OFFPEAK_LLAMA_HOME'];
  if (given !== undefined) return { home: given };
  const install = llamaCpuInstall();
  if (install === undefined) {
    return { home: undefined, reason: `node-llama-cpp has no binary for ${process.platform}-${process.arch}` };
  }
  const version = install.at(-1)!.split('@').at(-1)!;
  const home = join(CACHE, `llama-${version}`);
  try {
    await mkdir(CACHE, { recursive: true });
    await alone(`${home}.lock`, async () => {
      if (await exists(home)) return;
      const fresh = `${home}.new`;
      await rm(fresh, { recursive: true, force: true });
      await mkdir(fresh);
      const args = ['install', '--prefix', fresh, '--no-save', '--no-audit', '--no-fund', ...RETRIES, ...install];
      await run('npm', args, { timeout: INSTALL_MS_MAX, shell: process.platform === 'win32' });
      await rename(fresh, home);
    });
    return { home };
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const said = stderr.split('\n').filter((line) => line.startsWith('npm error'));
    return { home: undefined, reason: said.length === 0 ? message : said.slice(0, LINES_SHOWN).join('; ') };
  }
}

/** One process at a time; a lock that is older than any install was left behind by one that died. */
async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const made = await stat(lock).catch(() => undefined);
      if (made !== undefined && Date.now() - made.mtimeMs > INSTALL_MS_MAX)
        await rm(lock, { recursive: true, force: true });
      else await sleep(POLL_MS);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
