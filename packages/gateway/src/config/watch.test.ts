import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Config } from './config.ts';
import { loadConfig } from './load.ts';
import { formatProblems } from './problems.ts';
import { keepUntilRestart, watchConfig, type ConfigWatch } from './watch.ts';

let folder: string;
let file: string;
let watching: ConfigWatch | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'offpeak-watch-'));
  file = join(folder, 'offpeak.yaml');
});

afterEach(() => {
  watching?.stop();
  rmSync(folder, { recursive: true });
});

function config(text: string): Config {
  const result = loadConfig(text, { file, env: {} });
  if (!result.ok) throw new Error(formatProblems(result.problems));
  return result.config;
}

interface Told {
  readonly changes: { config: Config; restart: readonly string[] }[];
  readonly refusals: string[];
  /** Resolves when `count` changes were told. */
  changed(count: number): Promise<void>;
}

function start(text: string): Told {
  writeFileSync(file, text);
  let wake = (): void => undefined;
  const told: Told = {
    changes: [],
    refusals: [],
    async changed(count): Promise<void> {
      while (told.changes.length < count) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
  watching = watchConfig({
    file,
    current: config(text),
    load: (next) => loadConfig(next, { file, env: {} }),
    onChange: (next, restart) => {
      told.changes.push({ config: next, restart });
      wake();
    },
    onRefused: (problems) => told.refusals.push(formatProblems(problems)),
    onWatchLost: (error) => {
      throw error;
    },
  });
  return told;
}

test('a file that is written, or replaced by another, is applied without being asked', async () => {
  const told = start('slo: { ttft: 1s }');
  writeFileSync(file, 'slo: { ttft: 2s }');
  await told.changed(1);
  writeFileSync(`${file}.new`, 'slo: { ttft: 3s }');
  renameSync(`${file}.new`, file);
  await told.changed(2);
  expect(told.changes.map((change) => change.config.slo.ttftMs)).toEqual([2_000, 3_000]);
});

test('a bad, empty or missing file is refused, and the next good one applied', () => {
  const told = start('slo: { ttft: 1s }');
  for (const bad of ['slo: { ttft: x }', '', '  \n']) {
    writeFileSync(file, bad);
    watching?.reload();
  }
  rmSync(file);
  watching?.reload();
  expect(told.changes).toEqual([]);
  expect(told.refusals.map((text) => text.slice(0, 24))).toEqual([
    '1:14: slo.ttft: must be ',
    'is empty',
    'is empty',
    'cannot be read: ENOENT: ',
  ]);
  writeFileSync(file, 'slo: { ttft: 9s }');
  watching?.reload();
  expect(told.changes.map((change) => change.config.slo.ttftMs)).toEqual([9_000]);
});

test('reload applies an unchanged file too', () => {
  const told = start('slo: { ttft: 1s }');
  watching?.reload();
  expect(told.changes).toMatchObject([{ restart: [], config: { slo: { ttftMs: 1_000 } } }]);
});

test('what needs a restart keeps its old value and is named', () => {
  const told = start('listen: 127.0.0.1:1');
  writeFileSync(
    file,
    'listen: 127.0.0.1:2\ndata: elsewhere\nserver: { headerMax: 1MiB, heartbeat: 3s }\nslo: { ttft: 2s }',
  );
  watching?.reload();
  expect(told.changes).toMatchObject([
    {
      restart: ['listen', 'data', 'server.headerMax'],
      config: {
        listen: { port: 1 },
        data: join(folder, '.offpeak'),
        server: { headerBytesMax: 65_536, heartbeatMs: 3_000 },
        slo: { ttftMs: 2_000 },
      },
    },
  ]);
});

test('a public address does not become open because the file moves to loopback', () => {
  const { config: kept, restart } = keepUntilRestart(config('listen: 0.0.0.0:1'), config('listen: 127.0.0.1:1'));
  expect(kept.auth).toBe('keys');
  expect(restart).toEqual(['listen', 'auth']);
});
