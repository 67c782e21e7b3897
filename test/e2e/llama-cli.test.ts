import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasLlama, LLAMA_HOME, modelFile } from '../llama/engines.ts';
import { TINY } from '../llama/random-model.ts';
import { untilReady } from './harness.ts';
import { Offpeak, offpeak } from './processes.ts';
import { chat } from './requests.ts';

/** The commands that load a model, in processes of their own. */

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-llama-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const env = { OFFPEAK_LLAMA_HOME: LLAMA_HOME };

async function ended(process: Offpeak): Promise<void> {
  process.send('SIGTERM');
  expect(await process.ended()).toBe(0);
}

describe.skipIf(!hasLlama)('with a GGUF model', () => {
  test('offpeak engine serves it under the name that it has, or is given', async () => {
    const file = await modelFile(TINY);
    const engine = new Offpeak(['engine', '--gguf', file, '--port', '0', '--max-num-seqs', '2'], { env });
    const named = new Offpeak(['engine', '--gguf', file, '--port', '0', '--model', "Ann's", '--max-model-len', '512'], {
      env,
    });
    try {
      const url = await engine.url();
      const answer = await chat({ url }, { model: 'tiny-random' });
      expect(await answer.json()).toMatchObject({ model: 'tiny-random', usage: { completion_tokens: 8 } });
      expect(engine.stdout).toMatch(/^llama\.cpp engine tiny-random \(CPU, \d+ threads?\) on http/);
      expect(engine.stdout).toContain('2 requests at once, of up to 4096 tokens each');
      expect(engine.stdout).not.toMatch(/simulat/i);
      const other = await named.url();
      expect((await chat({ url: other }, { model: "Ann's" })).status).toBe(200);
      expect(named.stdout).toContain(String.raw`-d '{"model":"Ann'\''s",`);
      expect((await chat({ url: other }, { model: 'tiny-random' })).status).toBe(404);
      await Promise.all([ended(engine), ended(named)]);
    } finally {
      await Promise.all([engine.dispose(), named.dispose()]);
    }
  });

  test('offpeak serve answers with it, beside the upstreams that it is given', async () => {
    const beside = new Offpeak(['engine', '--port', '0', '--speed', '100']);
    const args = ['serve', '--gguf', await modelFile(TINY), '--port', '0', '--data', join(folder, 'data')];
    let server: Offpeak | undefined;
    try {
      server = new Offpeak([...args, '--upstream', await beside.url()], { env });
      const url = await server.url();
      await untilReady(url);
      expect(server.stderr).toMatch(/llama\.cpp in this process: tiny-random \(CPU, .*; 8 requests at once\)/);
      expect(server.stderr).toContain('"model":"tiny-random"');
      expect(server.stderr).not.toMatch(/simulat/i);
      const answer = await chat({ url }, { model: 'tiny-random', service_tier: 'flex' });
      expect(answer.headers.get('offpeak-upstream')).toBe('llama.cpp');
      expect(answer.headers.get('offpeak-tier')).toBe('flex');
      const text = await answer.text();
      expect(text).not.toMatch(/simulat/i);
      expect(JSON.parse(text)).toMatchObject({ service_tier: 'flex', usage: { completion_tokens: 8 } });
      expect((await chat({ url })).headers.get('offpeak-upstream')).toBe('engine-1');
      await ended(server);
    } finally {
      await Promise.all([beside.dispose(), server?.dispose()]);
    }
  });

  test('a model that llama.cpp cannot load is wrong use: 2', async () => {
    const file = join(folder, 'half.gguf');
    await writeFile(file, Buffer.concat([Buffer.from('GGUF\u0003\0\0\0'), Buffer.alloc(64, 1)]));
    for (const verb of ['engine', 'serve']) {
      const run = await offpeak([verb, '--gguf', file, '--port', '0'], { cwd: folder, env });
      expect({ code: run.exitCode, stdout: run.stdout }).toEqual({ code: 2, stdout: '' });
      expect(run.stderr).toMatch(/half\.gguf cannot be loaded by llama\.cpp: .+; expected was a model/);
    }
  });
});

describe.each(['engine', 'serve'])('offpeak %s --gguf', (verb) => {
  test('with a file that is no GGUF names it, and what was expected: 2', async () => {
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'These are notes.');
    const run = await offpeak([verb, '--gguf', file, '--port', '0'], { cwd: folder });
    expect({ code: run.exitCode, stdout: run.stdout }).toEqual({ code: 2, stdout: '' });
    expect(run.stderr).toMatch(/notes\.txt is not a GGUF model: it begins with "Thes"; expected was "GGUF"/);
    const none = await offpeak([verb, '--gguf', join(folder, 'none.gguf'), '--port', '0'], { cwd: folder });
    expect(none.exitCode).toBe(2);
    expect(none.stderr).toMatch(/none\.gguf cannot be read: there is no such file/);
  });

  test('without node-llama-cpp tells the command that installs it: 1', async () => {
    const away = { OFFPEAK_LLAMA_HOME: folder };
    const run = await offpeak([verb, '--gguf', await modelFile(TINY), '--port', '0'], { cwd: folder, env: away });
    expect({ code: run.exitCode, stdout: run.stdout }).toEqual({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(/node-llama-cpp, which is not in .*node_modules, where OFFPEAK_LLAMA_HOME points/);
    expect(run.stderr).toMatch(/^ {2}npm install --no-save node-llama-cpp@\d+\.\d+\.\d+$/m);
    expect(run.stderr).not.toMatch(/^\s+at /m);
  });
});

test('offpeak serve --gguf beside an upstream of the same name is wrong use: 2', async () => {
  const config = join(folder, 'named.yaml');
  await writeFile(config, 'upstreams: [{ name: llama.cpp, kind: engine, url: "http://127.0.0.1:1" }]');
  const args = ['serve', '--config', config, '--gguf', await modelFile(TINY), '--port', '0', '--data', folder];
  const run = await offpeak(args);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('An upstream is named llama.cpp');
});

test.each([
  [['--gguf', 'x.gguf', '--speed', '2'], /--gguf.*cannot be used with.*--speed/],
  [['--gguf', 'x.gguf', '--profile', 'h100-8b'], /--gguf.*cannot be used with.*--profile/],
  [['--max-model-len', '100'], /--max-model-len needs --gguf/],
  [['--gguf', 'x.gguf', '--max-model-len', '0'], /'--max-model-len .*whole number/],
])('offpeak engine %j is wrong use: 2', async (args, why) => {
  const run = await offpeak(['engine', ...args, '--port', '0'], { cwd: folder });
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toMatch(why);
});
