import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startHouse, withStore, type House } from './harness.ts';
import { Offpeak, offpeak } from './processes.ts';
import { chat } from './requests.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** Wrong use and failure tell why on stderr alone, in words and not as a stack. */
function expectComplaint(run: Offpeak, code: 1 | 2, ...parts: readonly (string | RegExp)[]): void {
  expect({ code: run.exitCode, stdout: run.stdout, stderr: run.stderr }).toMatchObject({ code, stdout: '' });
  for (const part of parts) expect(run.stderr).toMatch(part);
  expect(run.stderr).not.toMatch(/^\s+at /m);
}

describe('the words on the command line', () => {
  test.each([
    [['--help'], ['serve', 'engine', 'check', 'keys', 'usage', 'simulate', 'replay']],
    [
      ['serve', '--help'],
      ['--config', '--host', '--port', '--data', '--upstream'],
    ],
    [
      ['engine', '--help'],
      ['--port', '--profile', '--model', '--speed', '--max-num-seqs'],
    ],
    [
      ['check', '--help'],
      ['<file>', '--json'],
    ],
    [
      ['keys', '--help'],
      ['create', 'list', 'revoke'],
    ],
    [
      ['keys', 'create', '--help'],
      ['--project', '--name', '--expires', '--json'],
    ],
    [
      ['keys', 'list', '--help'],
      ['--project', '--json'],
    ],
    [
      ['keys', 'revoke', '--help'],
      ['<id>', '--json'],
    ],
    [
      ['usage', '--help'],
      ['--by', '--since', '--project', '--json', 'INCOMPLETE'],
    ],
    [
      ['simulate', '--help'],
      ['--trace', '--flex', '--policy', '--profile', '--engines', '--load', '--json', '--html', 'sageserve', '500ms'],
    ],
    [
      ['replay', '--help'],
      ['--base-url', '--trace', '--scale', '--tier-mix', '--flex-concurrency', '--alone', 'OFFPEAK_API_KEY'],
    ],
  ])('%j prints help', async (args, parts) => {
    const run = await offpeak(args);
    expect({ code: run.exitCode, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    for (const part of parts) expect(run.stdout).toContain(part);
  });

  test.each([
    [[], /Usage: offpeak/],
    [['serv'], /unknown command 'serv'/],
    [['serve', '--prot', '1'], /unknown option '--prot'/],
    [['serve', '--port', '70000'], /'--port .*0 to 65535/],
    [['serve', '--upstream', 'ftp://x'], /'--upstream .*http:/],
    [['serve', '--config', 'nowhere.yaml'], /nowhere\.yaml cannot be read/],
    [['engine', '--profile', 'h900'], /h900.*h100-8b/s],
    [['engine', '--speed', '0'], /above 0/],
    [['check'], /missing required argument 'file'/],
    [['check', 'nowhere.yaml'], /nowhere\.yaml cannot be read/],
    [['keys', 'create', '--expires', 'soon'], /90d/],
    [['keys', 'create', '--project', 'a b'], /letters, digits/],
    [['keys', 'revoke'], /missing required argument 'id'/],
    [['usage', '--by', 'hour'], /tier, model, day, project/],
    [['usage', '--since', '0'], /24h/],
  ])('%j is wrong use: 2', async (args, why) => {
    expectComplaint(await offpeak(args, { cwd: folder }), 2, why);
  });

  test.each([
    [['keys', 'list'], /no database/],
    [['keys', 'revoke', 'k1'], /no database/],
    [['usage'], /no database/],
  ])('%j without a database has failed: 1', async (args, why) => {
    expectComplaint(await offpeak(args, { cwd: folder }), 1, why);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('offpeak check', () => {
  test('finds nothing wrong with a good file', async () => {
    const file = await fileOf('good.yaml', 'upstreams:\n  - { name: a, kind: engine, url: http://127.0.0.1:1 }\n');
    const run = await offpeak(['check', file]);
    expect({ code: run.exitCode, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    expect(run.stdout).toContain('1 upstreams');
    expect(JSON.parse((await offpeak(['check', file, '--json'])).stdout)).toEqual({ ok: true });
  });

  test('names file, line, column, path, value and what is allowed of each fault, and never a secret', async () => {
    const file = await fileOf(
      'bad.yaml',
      [
        'upstreams:',
        '  - { name: a, kind: engine, url: ftp://x, apiKey: " ${MADE_UP_KEY}" }',
        'tiers:',
        '  flex: { patience: soon }',
        'tears: {}',
      ].join('\n'),
    );
    expectComplaint(
      await offpeak(['check', file]),
      2,
      /bad\.yaml:2:\d+: upstreams\[0\]\.apiKey: .*MADE_UP_KEY is not set/,
    );
    const env = { MADE_UP_KEY: 'sk-made-up-key' };
    const run = await offpeak(['check', file], { env });
    expect(run.stderr).not.toContain(env.MADE_UP_KEY);
    expectComplaint(
      run,
      2,
      /bad\.yaml:2:\d+: upstreams\[0\]\.url: .*http.*ftp:/,
      /bad\.yaml:2:\d+: upstreams\[0\]\.apiKey: /,
      /bad\.yaml:4:\d+: tiers\.flex\.patience: .*soon/,
      /bad\.yaml:5:1: tears: .*upstreams, models, tiers/,
    );
    const json = await offpeak(['check', file, '--json'], { env });
    expect(json.exitCode).toBe(2);
    const { ok, problems } = JSON.parse(json.stdout) as { ok: boolean; problems: { path: string; line: number }[] };
    expect(ok).toBe(false);
    expect(problems.map(({ path }) => path)).toContain('tiers.flex.patience');
    expect(problems.every(({ line }) => line > 0)).toBe(true);
  });

  test.each([
    ['YAML that is none', 'upstreams: [', /broken\.yaml:\d+:\d+: /],
    ['a list', '- a', /broken\.yaml:1:1: /],
  ])('refuses %s', async (_what, text, why) => {
    const file = await fileOf('broken.yaml', text);
    expectComplaint(await offpeak(['check', file]), 2, why);
  });
});

describe('offpeak keys', () => {
  const data = (): string => join(folder, 'data');

  test('makes keys that are in the database only as hashes, lists them and revokes them', async () => {
    const made = await offpeak([
      'keys',
      'create',
      '--data',
      data(),
      '--project',
      'evals',
      '--name',
      'ci',
      '--expires',
      '90d',
    ]);
    expect(made.exitCode).toBe(0);
    const key = made.stdout.trim();
    expect(key).toMatch(/^op_[a-z0-9]{12}_[\w-]{20,}$/);
    expect(made.stderr).not.toContain(key);
    const second = JSON.parse((await offpeak(['keys', 'create', '--data', data(), '--json'])).stdout) as {
      key: string;
    };

    for (const name of await readdir(data())) {
      const bytes = await readFile(join(data(), name), 'latin1');
      for (const secret of [key, second.key]) {
        expect(bytes).not.toContain(secret);
        expect(bytes).not.toContain(secret.split('_').slice(2).join('_'));
      }
    }

    const listed = await offpeak(['keys', 'list', '--data', data(), '--json']);
    const keys = JSON.parse(listed.stdout) as { id: string; project: string; name: string; state: string }[];
    expect(keys).toHaveLength(2);
    expect(listed.stdout).not.toContain(key.split('_').slice(2).join('_'));
    const ci = keys.find(({ name }) => name === 'ci')!;
    expect(ci).toMatchObject({ project: 'evals' });
    const one = await offpeak(['keys', 'list', '--data', data(), '--project', 'evals']);
    expect(one.stdout.trim().split('\n')).toHaveLength(2);

    expect((await offpeak(['keys', 'revoke', ci.id, '--data', data()])).exitCode).toBe(0);
    expect((await offpeak(['keys', 'list', '--data', data()])).stdout).toMatch(
      new RegExp(`${ci.id}\\s+evals\\s+revoked`),
    );
    expectComplaint(await offpeak(['keys', 'revoke', ci.id, '--data', data()]), 1, /no live key/);
    expectComplaint(await offpeak(['keys', 'revoke', 'nothing', '--data', data()]), 1, /no live key nothing/);
  });
});

describe('offpeak usage', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({
      config: 'models: [{ name: sim-8b, price: { input: 1, output: 2 } }]',
    });
    for (const tier of ['flex', 'flex', 'priority']) {
      await (await chat(house, { service_tier: tier, max_tokens: 10 })).text();
    }
    await house.ledger();
  });
  afterAll(() => house.close());

  test('says what was served and what it cost, as a table and as JSON', async () => {
    const table = await offpeak(['usage', '--data', house.data, '--by', 'tier,model']);
    expect({ code: table.exitCode, stderr: table.stderr }).toEqual({ code: 0, stderr: '' });
    expect(table.stdout).toMatch(/^TIER\s+MODEL\s+REQUESTS.* COST USD\s+INCOMPLETE /);
    expect(table.stdout).toMatch(/^flex\s+sim-8b\s+2 /m);

    const json = await offpeak(['usage', '--data', house.data, '--json', '--since', '1h', '--project', 'default']);
    const rows = JSON.parse(json.stdout) as {
      tier: string;
      requests: number;
      outputTokens: number;
      costUsd: number;
      savedUsd: number;
    }[];
    const flex = rows.find(({ tier }) => tier === 'flex')!;
    expect(flex).toMatchObject({ requests: 2, outputTokens: 20, incompleteCosts: 0 });
    expect(flex.savedUsd).toBeCloseTo(flex.costUsd, 12);
    const priority = rows.find(({ tier }) => tier === 'priority')!;
    expect(priority.savedUsd).toBeCloseTo(-priority.costUsd / 2, 12);

    const nobody = await offpeak(['usage', '--data', house.data, '--json', '--project', 'nobody']);
    expect(JSON.parse(nobody.stdout)).toEqual([]);
  });
});

describe('offpeak engine', () => {
  test('serves alone, says that it is simulated, and ends on a signal', async () => {
    const engine = new Offpeak(['engine', '--port', '0', '--model', 'toy', '--speed', '100', '--profile', 'h100-8b']);
    try {
      const url = await engine.url();
      expect(engine.stdout).toContain('SIMULATED');
      const answer = await chat({ url }, { model: 'toy' });
      expect(answer.headers.get('x-offpeak-simulated')).toBe('true');
      expect(await answer.json()).toMatchObject({ model: 'toy' });
      engine.send('SIGTERM');
      expect(await engine.ended()).toBe(0);
    } finally {
      await engine.dispose();
    }
  });
});

describe('offpeak serve does not start', () => {
  let taken: Server;
  let port: string;
  beforeAll(async () => {
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    port = String((taken.address() as { port: number }).port);
  });
  afterAll(() => new Promise((resolve) => taken.close(resolve)));

  test('where others reach it without a key, and does once there is one', async () => {
    const args = ['serve', '--host', '0.0.0.0', '--port', '0', '--data', join(folder, 'data')];
    expectComplaint(await offpeak(args), 2, /0\.0\.0\.0 can be reached from other machines/, /offpeak keys create/);
    await withStore(join(folder, 'data'), async () => undefined);
    await offpeak(['keys', 'create', '--data', join(folder, 'data')]);
    const server = new Offpeak(args);
    try {
      const url = (await server.url()).replace('0.0.0.0', '127.0.0.1');
      expect(server.stderr).not.toContain('NONE');
      expect((await chat({ url })).status).toBe(401);
      server.send('SIGINT');
      expect(await server.ended()).toBe(0);
    } finally {
      await server.dispose();
    }
  });

  test('open to others, with a bad file, or where something else listens', async () => {
    const open = await fileOf('open.yaml', 'listen: 0.0.0.0:0\nauth: open\n');
    expectComplaint(await offpeak(['serve', '--config', open]), 2, /open\.yaml:\d+:\d+: auth/);
    const local = await fileOf('local.yaml', 'auth: open\n');
    expectComplaint(await offpeak(['serve', '--config', local, '--host', '0.0.0.0'], { cwd: folder }), 2, /open/);
    const bad = await fileOf('offpeak.yaml', 'listn: 127.0.0.1:0\n');
    // The file is found in the working directory.
    expectComplaint(await offpeak(['serve'], { cwd: folder }), 2, /offpeak\.yaml:1:1: listn: .*listen/);
    await rm(bad);
    const run = await offpeak(['serve', '--port', port], { cwd: folder });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/cannot start: .*EADDRINUSE/);
  });
});
