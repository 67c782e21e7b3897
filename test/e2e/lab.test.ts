import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startHouse, until, type House } from './harness.ts';
import { Offpeak, offpeak } from './processes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'offpeak-lab-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Tier {
  readonly requests: number;
  readonly completed: number;
  readonly refused: number;
  readonly ttftMs: { readonly p50: number; readonly p99: number };
  readonly tpotMs: { readonly p50: number; readonly p99: number };
  readonly sloAttainment: number;
}

/** What the pages promise of `--json`. */
interface Report {
  readonly simulated: boolean;
  readonly policy: string;
  readonly seed: number;
  readonly tiers: Readonly<Record<string, Tier>>;
  readonly alone: Readonly<Record<string, Tier>>;
  readonly harvest: { readonly h1: number | null; readonly h2: number | null; readonly oracleShare: number | null };
  readonly flexTokensLostShare: number | null;
  readonly evictions: number | null;
  readonly load: number | null;
  readonly replay?: { readonly interrupted: boolean; readonly tiers: Readonly<Record<string, { served: object }>> };
}

function reportOf<T = Report>(run: Offpeak): T {
  expect({ code: run.exitCode, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(run.stdout) as T;
}

function expectComplaint(run: Offpeak, code: 1 | 2, why: RegExp): void {
  expect({ code: run.exitCode, stdout: run.stdout }).toEqual({ code, stdout: '' });
  expect(run.stderr).toMatch(why);
  expect(run.stderr).not.toMatch(/^\s+at /m);
}

describe('offpeak simulate', () => {
  const short = ['simulate', '--duration', '30s', '--trace', 'synthetic:poisson'];

  test('tells what flex wins and what the others notice, the same for the same seed', async () => {
    const [first, second, other] = await Promise.all([
      offpeak([...short, '--json', '--seed', '3']),
      offpeak([...short, '--json', '--seed', '3']),
      offpeak([...short, '--json', '--seed', '4']),
    ]);
    const report = reportOf(first);
    expect(report).toMatchObject({ simulated: true, policy: 'offpeak', seed: 3 });
    const { standard, flex } = report.tiers;
    for (const { p50, p99 } of [standard!.ttftMs, standard!.tpotMs, flex!.ttftMs, report.alone['standard']!.ttftMs]) {
      expect(p50).toBeGreaterThan(0);
      expect(p99).toBeGreaterThanOrEqual(p50);
    }
    expect(standard!.sloAttainment).toBeGreaterThan(0.5);
    expect(Object.keys(report.alone)).toEqual(['standard']);
    for (const share of Object.values(report.harvest)) expect(share).toBeGreaterThan(0);
    expect(report.flexTokensLostShare).toBeGreaterThanOrEqual(0);
    expect(report.evictions).toBeGreaterThanOrEqual(0);
    expect(second.stdout).toBe(first.stdout);
    expect(other.stdout).not.toBe(first.stdout);
  });

  test('prints a table without --json, and says that it is simulated', async () => {
    const run = await offpeak([...short, '--flex', 'none', '--tier-mix', 'priority=0.5,standard=0.5']);
    expect({ code: run.exitCode, stderr: run.stderr }).toEqual({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(/^SIMULATED: offpeak on 1 × h100-8b/);
    expect(run.stdout).toMatch(/^priority +\d+/m);
    expect(run.stdout).toMatch(/^standard +\d+/m);
    expect(run.stdout).not.toMatch(/^flex/m);
  });

  test('compares policies, over several seeds, and writes a page', async () => {
    const page = join(folder, 'report.html');
    const args = [...short, '--policy', 'offpeak,static', '--runs', '2', '--html', page];
    const run = await offpeak(args);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain(page);
    expect(run.stdout).toMatch(/^offpeak +2 +\d/m);
    expect(run.stdout).toMatch(/^static +2 +\d/m);
    const html = await readFile(page, 'utf8');
    expect(html).toMatch(/^<!doctype html>[^]*SIMULATED[^]*<\/html>\s*$/);
    expect(html.match(/<details class="run"/g)).toHaveLength(2);
    const reports = reportOf<Report[]>(await offpeak([...args.slice(0, -2), '--json']));
    expect(reports.map(({ policy, seed }) => `${policy} ${seed}`)).toEqual([
      'offpeak 1',
      'static 1',
      'offpeak 2',
      'static 2',
    ]);
  });

  test('scales interactive traffic to a share of capacity', async () => {
    const loads = await Promise.all(
      ['0.2', '0.6'].map(async (load) => reportOf(await offpeak([...short, '--load', load, '--json'])).load),
    );
    expect(loads[0]).toBeGreaterThan(0.1);
    expect(loads[0]).toBeLessThan(0.3);
    expect(loads[1]).toBeGreaterThan(0.45);
    expect(loads[1]).toBeLessThan(0.75);
  });

  test.each([
    [['--policy', 'magic'], /"magic" is none of offpeak, aimd/],
    [['--profile', 'h900'], /h900.*h100-8b/s],
    [['--engines', '0'], /from 1/],
    [['--load', '0.5', '--scale', '2'], /--scale and --load/],
    [['--trace', 'nowhere.csv'], /nowhere\.csv: .*expected a file/],
    [['--trace', 'synthetic:magic'], /synthetic:magic.*expected synthetic:poisson/],
    [['--tier-mix', 'standard=2'], /standard=2.*from 0 to 1/],
    [['--flex', 'none', '--tier-mix', 'standard=1,flex=endless'], /contradict/],
    [['--slo-ttft', 'soon'], /500ms/],
    [['--from', '1m'], /--from is for recorded traces/],
    [['--html', 'nowhere/report.html'], /there is no folder nowhere/],
  ])('%j is wrong use: 2', async (args, why) => {
    expectComplaint(await offpeak(['simulate', ...args], { cwd: folder }), 2, why);
  });

  test('a trace with a bad line is told by file, line, what was wrong and what is allowed', async () => {
    const trace = join(folder, 'trace.csv');
    await writeFile(
      trace,
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.6805900,374,44\n2023-11-16 18:15:50.9951690,many,109\n',
    );
    expectComplaint(await offpeak(['simulate', '--trace', trace]), 2, /trace\.csv:3: .*"many"; expected/);
  });
});

describe('offpeak replay', () => {
  let house: House;
  beforeAll(async () => {
    house = await startHouse({ engines: [{ slots: 16 }] });
  });
  afterAll(() => house.close());
  const against = (...args: readonly string[]): string[] => [
    ...['replay', '--base-url', `${house.url}/v1`, '--trace', 'synthetic:poisson', '--exact-lengths'],
    ...args,
  ];

  test('measures the tiers that a gateway serves, and what they cost each other', async () => {
    const before = (await house.ledger()).length;
    const page = join(folder, 'report.html');
    const run = await offpeak(
      against(
        ...['--duration', '3s', '--scale', '4', '--tier-mix', 'priority=0.3,standard=0.7,flex=endless'],
        ...['--flex-concurrency', '24', '--alone', '--ceiling', '2s', '--json', '--html', page],
      ),
    );
    expect({ code: run.exitCode, stderr: run.stderr }).toEqual({ code: 0, stderr: `The report is in ${page}\n` });
    const report = JSON.parse(run.stdout) as Report;
    expect(report.simulated).toBe(false);
    for (const tier of ['priority', 'standard']) {
      const [together, alone] = [report.tiers[tier]!, report.alone[tier]!];
      expect(together.completed).toBe(together.requests);
      expect(alone).toMatchObject({ requests: together.requests, completed: together.requests });
      expect(report.replay!.tiers[tier]!.served).toEqual({ [tier]: together.requests });
    }
    expect(Object.keys(report.alone)).toEqual(['priority', 'standard']);
    expect(report.tiers['flex']!.completed).toBeGreaterThan(0);
    expect(report.harvest.h1).toBeGreaterThan(0);
    expect(report.load).toBeGreaterThan(0);
    // The gateway's own counters tell what no answer can.
    expect(report.evictions).toBeGreaterThanOrEqual(0);
    expect(report.flexTokensLostShare).toBeLessThan(0.5);
    expect(await readFile(page, 'utf8')).toContain('MEASURED OVER HTTP');

    const rows = (await house.ledger()).slice(before);
    const served = (tier: string): number =>
      rows.filter((row) => row['served_tier'] === tier && row['outcome'] === 'completed').length;
    expect(served('standard')).toBe(2 * report.tiers['standard']!.requests);
    expect(served('priority')).toBe(2 * report.tiers['priority']!.requests);
    // Nothing that the replay cut is still running.
    await until(() => house.engines[0]!.stats().runningRequests === 0, 'the engine is idle');
  });

  test('stops at a signal, and tells what it has', async () => {
    const replay = new Offpeak(against('--duration', '60s', '--scale', '8', '--tier-mix', 'standard=1,flex=endless'));
    const received = house.engines[0]!.stats().receivedRequests;
    await until(() => house.engines[0]!.stats().receivedRequests > received + 300, 'the replay is under way');
    replay.send('SIGINT');
    expect(await replay.ended()).toBe(1);
    expect(replay.stdout).toMatch(/^standard +\d+/m);
    expect(replay.stdout).toContain('WARNING: The replay was stopped');
    expect(replay.stderr).toBe('offpeak: the replay was stopped before its end\n');
    await until(() => house.engines[0]!.stats().runningRequests === 0, 'the engine is idle');
  });

  test('sends the key that the environment has', async () => {
    const closed = await startHouse({ config: 'auth: keys' });
    try {
      const args = ['replay', '--base-url', `${closed.url}/v1`, '--duration', '1s', '--trace', 'synthetic:poisson'];
      const made = await offpeak(['keys', 'create', '--data', closed.data, '--json']);
      const { key } = JSON.parse(made.stdout) as { key: string };
      expectComplaint(await offpeak(args), 1, /models answered 401/);
      await until(async () => {
        const answer = await fetch(`${closed.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
        return answer.ok;
      }, 'the key is known');
      const run = await offpeak([...args, '--json'], { env: { OFFPEAK_API_KEY: key } });
      expect(reportOf(run).tiers['standard']!.completed).toBeGreaterThan(0);
      expect(run.stdout).not.toContain(key);
    } finally {
      await closed.close();
    }
  });

  test.each([
    [['--base-url', 'localhost'], 2, /localhost; expected one such as http:/],
    [['--base-url', 'http://127.0.0.1:1/v1'], 1, /cannot be reached: ECONNREFUSED/],
    [[], 2, /--base-url/],
    [['--base-url', 'http://127.0.0.1:1/v1', '--trace', 'nowhere'], 2, /nowhere/],
    [['--base-url', 'http://127.0.0.1:1/v1', '--tier-mix', 'batch=1'], 2, /batch/],
  ] as const)('%j: %i', async (args, code, why) => {
    expectComplaint(await offpeak(['replay', ...args], { cwd: folder }), code, why);
  });

  test('where nothing is answered, it has failed', async () => {
    const run = await offpeak(against('--duration', '1s', '--model', 'no-such-model', '--json'));
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/no request was answered \(404\)/);
    expect((JSON.parse(run.stdout) as Report).tiers['standard']!.completed).toBe(0);
  });
});
