import { spawnSync } from 'node:child_process';

/** The first line of what `command` says about its version, on either output; undefined when it is not installed. */
export function installedVersion(command: string, versionFlag: string): string | undefined {
  const result = spawnSync(command, [versionFlag], { encoding: 'utf8' });
  if (result.error !== undefined) return undefined;
  return `${result.stdout}${result.stderr}`.split('\n')[0]?.trim();
}

/**
 * Installs a Debian package when `command` is missing. The package's own service is kept from starting: RUNLEVEL=1 makes
 * `invoke-rc.d` skip it.
 */
export function ensureDebianPackage(command: string, versionFlag: string, debianPackage: string): void {
  if (installedVersion(command, versionFlag) !== undefined) return;
  const byHand = `install it with: apt-get install ${debianPackage}`;
  if (process.getuid?.() !== 0) throw new Error(`${command} is not installed and only root can add it; ${byHand}`);
  const env = { ...process.env, RUNLEVEL: '1', DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '--yes', '--no-install-recommends', debianPackage];
  let result = spawnSync('apt-get', install, { env, encoding: 'utf8' });
  if (result.status !== 0) {
    // A machine that has never fetched the package lists cannot find any package.
    spawnSync('apt-get', ['update'], { env });
    result = spawnSync('apt-get', install, { env, encoding: 'utf8' });
  }
  if (result.status !== 0) {
    throw new Error(
      `apt-get could not install ${debianPackage}: ${(result.stderr ?? String(result.error)).trim()}; ${byHand}`,
    );
  }
}
