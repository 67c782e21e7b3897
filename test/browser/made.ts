import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LabReport } from '@offpeak/lab';
import { afterAll } from 'vitest';

/** The command as it is published, built by `npm test` before the tests run. */
const OFFPEAK = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));
/** For what takes seconds where nothing else runs. */
const RUN_MS_MAX = 90_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Where the pages of a file's tests are; gone with them. */
export const folder: string = await mkdtemp(join(tmpdir(), 'offpeak-pages-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A page, and what `--json` said of the very same run. */
export interface Made {
  readonly file: string;
  readonly reports: readonly LabReport[];
}

let pages = 0;

/** Runs a verb with `--html` and `--json`. */
export async function made(args: readonly string[]): Promise<Made> {
  pages += 1;
  const file = join(folder, `page-${pages}.html`);
  const told = await toldBy([OFFPEAK, ...args, '--json', '--html', file]);
  return { file, reports: [told as LabReport | LabReport[]].flat() };
}

const run = promisify(execFile);

/** What a program of ours prints as JSON; fails where it fails. */
export async function toldBy(command: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const { stdout } = await run(process.execPath, command, {
    env: { PATH: process.env['PATH'], ...env },
    timeout: RUN_MS_MAX,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return JSON.parse(stdout);
}
