import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findChromium } from './chromium.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-browser-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function program(name: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, '#!/bin/sh\n');
  await chmod(file, 0o755);
  return file;
}

test('the Chromium that is told is taken before those in PATH, by whatever name they have', async () => {
  const installed = await program('google-chrome');
  const told = await program('my-browser');
  const env = { PATH: `/nowhere:${folder}` };
  expect(await findChromium({ env, mayInstall: false })).toEqual({ path: installed });
  expect(await findChromium({ env: { ...env, CHROMIUM_BIN: told }, mayInstall: false })).toEqual({ path: told });
  const chromium = await program('chromium');
  expect(await findChromium({ env, mayInstall: false })).toEqual({ path: chromium });
});

test('why there is none is told', async () => {
  const absent = await findChromium({ env: { PATH: folder }, mayInstall: false });
  expect(absent.reason).toContain('apt-get install chromium');
  const mistold = await findChromium({ env: { PATH: folder, CHROMIUM_BIN: '/nowhere/chromium' }, mayInstall: true });
  expect(mistold.reason).toBe('CHROMIUM_BIN is /nowhere/chromium, which cannot be executed');
});
