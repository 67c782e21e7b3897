import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

/** Debian's first; the others are what Chromium and its sisters are called elsewhere. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
/** Every Debian has this file and nobody writes it: whoever holds its lock is the only one that installs. */
const LOCK = '/etc/debian_version';
const LOCK_S_MAX = 300;
const UPDATE_S_MAX = 90;
const INSTALL_S_MAX = 240;
/** Without a network it is known soon. */
const APT = 'apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=15 -o DPkg::Lock::Timeout=60';
const INSTALL = [
  'command -v chromium >/dev/null && exit 0',
  `timeout ${UPDATE_S_MAX} ${APT} update || true`,
  `timeout ${INSTALL_S_MAX} ${APT} install --yes --no-install-recommends chromium >/dev/null`,
].join('\n');
const LINES_SHOWN = 3;
const run = promisify(execFile);

export type Chromium =
  { readonly path: string; readonly reason?: undefined } | { readonly path: undefined; readonly reason: string };

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether packages may be installed: as root, on Debian. */
  readonly mayInstall: boolean;
}

/** A Chromium that is installed, or that is now. Where that is impossible, the reason. */
export async function findChromium({ env, mayInstall }: Surroundings): Promise<Chromium> {
  const given = env['CHROMIUM_BIN'];
  if (given !== undefined) {
    return (await isExecutable(given))
      ? { path: given }
      : { path: undefined, reason: `CHROMIUM_BIN is ${given}, which cannot be executed` };
  }
  const installed = await onPath(env['PATH'] ?? '');
  if (installed !== undefined) return { path: installed };
  if (!mayInstall) {
    return {
      path: undefined,
      reason: `there is no ${NAMES.join(', ')} in PATH and no CHROMIUM_BIN, and only root on Debian can install one: apt-get install chromium`,
    };
  }
  const failure = await install();
  const path = await onPath(env['PATH'] ?? '');
  return path === undefined
    ? { path: undefined, reason: `apt-get could not install chromium: ${failure ?? 'it is still not in PATH'}` }
    : { path };
}

export async function surroundings(): Promise<Surroundings> {
  const isDebian = await access(LOCK).then(
    () => true,
    () => false,
  );
  return { env: process.env, mayInstall: isDebian && process.getuid?.() === 0 };
}

/** Of several processes one installs; the others wait for it and find what it installed. Returns why it failed. */
async function install(): Promise<string | undefined> {
  try {
    await run('flock', ['--timeout', String(LOCK_S_MAX), LOCK, 'sh', '-c', INSTALL], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      timeout: (LOCK_S_MAX + UPDATE_S_MAX + INSTALL_S_MAX) * 1000,
    });
    return undefined;
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const said = stderr.split('\n').filter((line) => line.startsWith('E:'));
    return said.length === 0 ? message : said.slice(0, LINES_SHOWN).join(' ');
  }
}

async function onPath(path: string): Promise<string | undefined> {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  for (const name of NAMES) {
    for (const folder of folders) {
      const file = join(folder, name);
      if (await isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
