import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rateOf, slice } from '../../overlay.ts';
import { TraceProblem } from '../../problem.ts';
import { readWorkload } from '../../read-workload.ts';
import { tarOf } from '../../testing/tar-of.ts';
import { traceFiles } from '../../testing/trace-files.ts';
import type { LabRequest } from '../../workload.ts';

const write = traceFiles();

/** Two clients over an hour: one steady and known, one bursty, silent in its second window and without lengths. */
const STEADY = Array.from({ length: 6 }, (_, index) => `${index * 600},2,1,Gamma,1.0,0.5`).join('\r\n');
const BURSTY = [
  '0,5,3,Weibull,0.45,0.08',
  '600,0,0,,0,0',
  ...[2, 3, 4, 5].map((index) => `${index * 600},1,3,Gamma,0.2,5`),
];
const LENGTHS = JSON.stringify({
  '0': { input_tokens: '{}', output_tokens: '{}', reason_ratio: '{}' },
  '1200': { input_tokens: '{100: 0.25, 200.0: 0.75}', output_tokens: '{0: 0.5, 7: 0.5}' },
  '2400': { input_tokens: '{0: 3e-1, }', output_tokens: '{9: 1}' },
});

const FILES = {
  'chunk-0-trace.csv': STEADY,
  'chunk-0-dataset.json': LENGTHS,
  'chunk-12-trace.csv': `${BURSTY.join('\n')}\n`,
  'README.md': '# not for us',
};

let folders = 0;

function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(dirname(write('x', '')), `clients-${(folders += 1)}`);
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function of(requests: readonly LabRequest[], project: string): LabRequest[] {
  return requests.filter((request) => request.project === project);
}

describe('generating', () => {
  test('a folder, a tar and a packed tar of the same clients are the same workload, in order', async () => {
    const { requests, durationMs, notes } = await readWorkload(folderOf(FILES));
    const inFolder = Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`model/${name}`, text]));
    const tar = tarOf(inFolder);
    expect((await readWorkload(write('model.tar', tar))).requests).toEqual(requests);
    expect((await readWorkload(write('model.tar.gz', gzipSync(tar)))).requests).toEqual(requests);
    expect(durationMs).toBe(3_600_000);
    expect(notes).toEqual([expect.stringMatching(/^1 of 2 clients come without lengths; theirs are lognormal/)]);
    requests.forEach(({ atMs }, index) => expect(atMs).toBeGreaterThanOrEqual(requests[index - 1]?.atMs ?? 0));
  });

  test('each client has its rate, in each window', async () => {
    const { requests } = await readWorkload(folderOf(FILES));
    expect(of(requests, 'client-0').length / 7_200).toBeGreaterThan(0.94);
    expect(of(requests, 'client-0').length / 7_200).toBeLessThan(1.06);
    const bursty = of(requests, 'client-12');
    expect(bursty.filter(({ atMs }) => atMs >= 600_000 && atMs < 1_200_000)).toEqual([]);
    // Burstiness is the point of this client, so one seed may be far from its mean; many are not.
    let sum = 0;
    for (let seed = 0; seed < 20; seed += 1) {
      sum += of((await readWorkload(folderOf(FILES), { seed })).requests, 'client-12').length;
    }
    expect(sum / 20 / 5_400).toBeGreaterThan(0.9);
    expect(sum / 20 / 5_400).toBeLessThan(1.1);
  });

  test('lengths are those of the time, or of the nearest time that has some', async () => {
    const steady = of((await readWorkload(folderOf(FILES))).requests, 'client-0');
    const during = (fromS: number, toS: number): LabRequest[] =>
      steady.filter(({ atMs }) => atMs >= fromS * 1_000 && atMs < toS * 1_000);
    const early = during(0, 2_400);
    expect(new Set(early.map(({ outputTokens }) => outputTokens))).toEqual(new Set([7]));
    expect(new Set(early.map(({ inputTokens }) => inputTokens))).toEqual(new Set([100, 200]));
    expect(early.filter(({ inputTokens }) => inputTokens === 200).length / early.length).toBeCloseTo(0.75, 1);
    expect(during(2_400, 3_600).every(({ inputTokens, outputTokens }) => inputTokens === 1 && outputTokens === 9)).toBe(
      true,
    );
  });

  test('a part has the requests that the whole has there', async () => {
    const folder = folderOf(FILES);
    const part = await readWorkload(folder, { fromMs: 900_000, durationMs: 1_000_000 });
    const whole = slice(await readWorkload(folder), 900_000, 1_000_000);
    expect(part.durationMs).toBe(1_000_000);
    expect(part.requests).toEqual(whole.requests);
    expect((await readWorkload(folder, { fromMs: 3_000_000, durationMs: 1e9 })).durationMs).toBe(600_000);
  });

  test('clients who are alike have nothing to do with each other, and neither have windows', async () => {
    const { requests } = await readWorkload(folderOf({ 'chunk-0-trace.csv': STEADY, 'chunk-1-trace.csv': STEADY }));
    const arrivals = (project: string): number[] => of(requests, project).map(({ atMs }) => atMs);
    expect(arrivals('client-0')[0]).not.toBe(arrivals('client-1')[0]);
    const firstAfter = (fromMs: number): number => arrivals('client-0').find((atMs) => atMs >= fromMs)! - fromMs;
    expect(firstAfter(600_000)).not.toBeCloseTo(firstAfter(0), 6);
  });

  test('the rate scales both ways, and the seed decides', async () => {
    const folder = folderOf(FILES);
    for (const rateScale of [0.2, 3]) {
      const steady = of((await readWorkload(folder, { rateScale })).requests, 'client-0');
      expect(steady.length / 7_200 / rateScale).toBeGreaterThan(0.9);
      expect(steady.length / 7_200 / rateScale).toBeLessThan(1.1);
    }
    const first = await readWorkload(folder, { seed: 9 });
    expect((await readWorkload(folder, { seed: 9 })).requests).toEqual(first.requests);
    expect((await readWorkload(folder, { seed: 10 })).requests).not.toEqual(first.requests);
    expect(rateOf(first)).toBeGreaterThan(2);
  });
});

describe('what is refused', () => {
  async function problemOf(files: Readonly<Record<string, string>>, options = {}): Promise<string> {
    const folder = folderOf(files);
    const problem: unknown = await readWorkload(folder, options).catch((error: unknown) => error);
    if (!(problem instanceof TraceProblem)) throw new Error(`no TraceProblem: ${String(problem)}`);
    return problem.message.replaceAll(folder, 'model');
  }

  test.each([
    [
      '0,2,1,Gamma,1\n600,2,1,Gamma,1',
      'model/chunk-0-trace.csv:1: a line of 5 columns is "0,2,1,Gamma,1"; expected 6 columns',
    ],
    ['0,2,1,Gamma,1,1\n600,-2,1,Gamma,1,1', 'model/chunk-0-trace.csv:2: the rate is "-2"; expected a number from 0'],
    [
      '0,2,1,Normal,1,1',
      'model/chunk-0-trace.csv:1: the distribution is "Normal"; expected Gamma, Weibull, or nothing',
    ],
    ['0,2,1,Weibull,0.01,1', 'the shape of a Weibull is "0.01"; expected a number from 0.1'],
    ['0,2,1,Gamma,x,1', 'the shape of a Gamma is "x"; expected a number'],
    [
      '0,2,1,,0,0\n600,2,1,,0,0\n1800,2,1,,0,0',
      'model/chunk-0-trace.csv:3: the start of a window is "1800"; expected 1200',
    ],
    ['600,2,1,,0,0\n0,2,1,,0,0', 'model/chunk-0-trace.csv:2: the first windows is "600,2'],
    ['start,rate', 'model/chunk-0-trace.csv:1: the start of a window is "start"'],
    ['', 'model/chunk-0-trace.csv:1: the start of a window is ""'],
    ['0,1e5,1,,0,0', 'the number of requests is "about 60000000"; expected at most 10000000 (requestsMax)'],
    [
      '0,0,0,,0,0',
      'the part asked for is "from 0 ms on, without requests"; expected a part with requests of the 600000 ms',
    ],
  ])('arrivals like %j', async (text, message) => {
    expect(await problemOf({ 'chunk-0-trace.csv': text })).toContain(message);
  });

  test.each([
    ['{', 'model/chunk-0-dataset.json: the dataset is "{"; expected {"0": {"input_tokens"'],
    ['{"0": {"input_tokens": 5}}', 'the dataset is "0: {'],
    [
      '{"0": {"input_tokens": "{5: x}", "output_tokens": "{5: 1}"}}',
      'a part of input_tokens of 0 is "5: x"; expected entries',
    ],
    ['{"0": {"input_tokens": "{99999999: 1}", "output_tokens": "{5: 1}"}}', 'with lengths up to 10000000'],
    ['{"0": {"input_tokens": "{5: 1}", "output_tokens": "{0: 1}"}}', 'output_tokens of 0 is "{0: 1}"; expected shares'],
  ])('lengths like %j', async (dataset, message) => {
    expect(await problemOf({ 'chunk-0-trace.csv': STEADY, 'chunk-0-dataset.json': dataset })).toContain(message);
  });

  test('clients with windows of different lengths', async () => {
    const files = { 'chunk-0-trace.csv': STEADY, 'chunk-1-trace.csv': '0,1,1,,0,0\n300,1,1,,0,0' };
    expect(await problemOf(files)).toContain('the window of chunk-1-trace.csv is "300 s"; expected 600 s');
  });

  test('a part after the end', async () => {
    expect(await problemOf(FILES, { fromMs: 4e6 })).toContain(
      'expected a part with requests of the 3600000 ms that there are',
    );
  });

  test('an archive that is cut off, damaged, or of something else', async () => {
    const tar = tarOf({ 'm/chunk-0-trace.csv': STEADY, 'm/chunk-0-dataset.json': LENGTHS });
    const cut = write('cut.tar', tar.subarray(0, 700));
    await expect(readWorkload(cut)).rejects.toThrow('cut.tar: the archive is "cut off before its end"');
    const packed = gzipSync(tar);
    await expect(readWorkload(write('cut.tar.gz', packed.subarray(0, packed.length - 100)))).rejects.toThrow(
      'cut.tar.gz: the gzip is "cut off before its end"',
    );
    const damaged = Buffer.from(tar);
    damaged[3] = 0x7a;
    await expect(readWorkload(write('bad.tar', damaged))).rejects.toThrow(
      'expected a tar header with a right checksum',
    );
    await expect(readWorkload(write('other.tar', tarOf({ 'a.txt': 'a' })))).rejects.toThrow(
      'its content is "no such file"',
    );
  });
});
