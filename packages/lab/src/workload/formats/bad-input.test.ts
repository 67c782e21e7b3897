import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { TraceProblem } from '../problem.ts';
import { readLengths } from '../read-lengths.ts';
import { readWorkload } from '../read-workload.ts';
import { traceFiles } from '../testing/trace-files.ts';

const write = traceFiles();

async function problemOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = write(name, content);
  const problem: unknown = await readWorkload(path).catch((error: unknown) => error);
  if (!(problem instanceof TraceProblem)) throw new Error(`no TraceProblem: ${String(problem)}`);
  expect(problem.file.startsWith(path)).toBe(true);
  return problem.message.replaceAll(`${dirname(path)}/`, '');
}

const AZURE = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,10,10\n';

function azure(line: string): Promise<string> {
  return problemOf('trace.csv', `${AZURE}${line}\n`);
}

describe('a line', () => {
  test('with a number that is none', async () => {
    const whole = 'expected a whole number from 0 to 10000000';
    expect(await azure('2023-11-16 18:17:04,-3,8')).toBe(`trace.csv:3: ContextTokens is "-3"; ${whole}`);
    expect(await azure('2023-11-16 18:17:04,3,8.5')).toBe(`trace.csv:3: GeneratedTokens is "8.5"; ${whole}`);
    expect(await azure('2023-11-16 18:17:04,,8')).toBe(`trace.csv:3: ContextTokens is ""; ${whole}`);
    expect(await azure('2023-11-16 18:17:04,NaN,8')).toBe(`trace.csv:3: ContextTokens is "NaN"; ${whole}`);
    expect(await azure('2023-11-16 18:17:04,0x10,8')).toBe(`trace.csv:3: ContextTokens is "0x10"; ${whole}`);
    expect(await azure('2023-11-16 18:17:04,1e9,8')).toBe(`trace.csv:3: ContextTokens is "1e9"; ${whole}`);
  });

  test.each([
    'yesterday',
    '2023-11-16 18:61:04',
    '2023-13-16 18:17:04',
    '2023-02-30 18:17:04',
    '2023-11-16 24:00:00',
    '2023-11-16 18:17:60',
    '1700158624',
  ])('with the time %s', async (time) => {
    expect(await azure(`${time},1,1`)).toMatch(`trace.csv:3: TIMESTAMP is ${JSON.stringify(time)}; expected a date`);
  });

  test('that is short or long', async () => {
    expect(await azure('2023-11-16 18:17:04,3')).toMatch(
      /^trace\.csv:3: a line of 2 columns is .*; expected 3 columns/,
    );
    expect(await azure('2023-11-16 18:17:04,3,4,5')).toMatch(/^trace\.csv:3: a line of 4 columns/);
  });

  test('out of order, with the way to sort', async () => {
    expect(await azure('2023-11-16 18:17:03.5,1,1')).toMatch(
      /^trace\.csv:3: TIMESTAMP of this request is "479\.96\d* ms before the one above"; expected times in order; to sort: .*sort -s -t, -k1,1\)/,
    );
    const burst = 'Model,Timestamp,Request tokens,Response tokens\nm,7,1,1\nm,6,1,1\n';
    expect(await problemOf('b.csv', burst)).toMatch(/^b\.csv:3: Timestamp .* sort -s -t, -k2,2g\)/);
    const mooncake = [
      '{"timestamp": 5, "input_length": 1, "output_length": 1}',
      '{"timestamp": 4, "input_length": 1, "output_length": 1}',
    ];
    expect(await problemOf('m.jsonl', mooncake.join('\n'))).toMatch(/^m\.jsonl:2: timestamp .*sort_by\(\.timestamp\)/);
  });

  test('ten years later', async () => {
    expect(await azure('2223-11-16 18:17:04,1,1')).toMatch(/^trace\.csv:3: TIMESTAMP .*traceMsMax/);
  });

  test('of JSON that is none, or of other types', async () => {
    const good = '{"timestamp": 0, "input_length": 600, "output_length": 1}';
    const after = (line: string): Promise<string> => problemOf('m.jsonl', `${good}\n\n${line}`);
    expect(await after('{"timestamp": 1, "inp')).toMatch(/^m\.jsonl:3: the line is .* expected one whole JSON object$/);
    expect(await after('[1]')).toMatch(/^m\.jsonl:3: the line is "\[1\]"/);
    expect(await after(good.replace('600', '"600"'))).toMatch(
      'm.jsonl:3: input_length is "\\"600\\""; expected a whole',
    );
    expect(await after(good.replace(', "output_length": 1', ''))).toMatch('m.jsonl:3: output_length is "absent"');
    expect(await after(good.replace('1}', '1, "hash_ids": [1, 2, 3]}'))).toMatch(
      'hash_ids is "[1,2,3]"; expected at most 2',
    );
    expect(await after(good.replace('1}', '1, "hash_ids": "1"}'))).toMatch('expected a list of whole numbers');
  });

  test('of the own format with a field that nobody reads, or a value that makes no sense', async () => {
    const own = (fields: object): Promise<string> =>
      problemOf('own.jsonl', JSON.stringify({ atMs: 10, inputTokens: 5, outputTokens: 5, ...fields }));
    expect(await own({ teir: 'flex' })).toMatch(/^own\.jsonl:1: a field is "teir"; expected one of the fields atMs, /);
    expect(await own({ tier: 'turbo' })).toMatch(
      'own.jsonl:1: tier is "turbo"; expected one of priority, standard, flex, batch',
    );
    expect(await own({ inputTokens: 0 })).toMatch('inputTokens is "0"; expected a whole number from 1');
    expect(await own({ outputTokensMax: 4 })).toMatch('outputTokensMax is "4"; expected a whole number from 5');
    expect(await own({ deadlineMs: 9 })).toMatch('deadlineMs is "9"; expected a number from 10');
    expect(await own({ project: '' })).toMatch('project is ""; expected a name');
    expect(await own({ atMs: -1 })).toMatch('atMs is "-1"');
    expect(await own({ outputTokens: undefined })).toMatch('outputTokens is "absent"');
  });

  test('of a SageServe trace with a service level of its own', async () => {
    const text = 'client_tenant,sla,arrival_timestamp,prompt_size,token_size\n1,-2,0,1,1\n';
    expect(await problemOf('t.csv', text)).toMatch('t.csv:2: sla is "-2"; expected a number from 0');
  });

  test('longer than any line is', async () => {
    expect(await problemOf('one-line', `${AZURE}${'x'.repeat(2e6)}`)).toMatch(
      /^one-line:3: a line is "x{120}\.\.\."; .*lineCharsMax/,
    );
  });
});

describe('a file', () => {
  test('without a column that is needed, or with one twice', async () => {
    expect(await problemOf('h.csv', 'TIMESTAMP,ContextTokens\n')).toBe(
      'h.csv:1: the header is "TIMESTAMP,ContextTokens"; expected the columns TIMESTAMP,ContextTokens,GeneratedTokens (Azure LLM inference trace; missing here: GeneratedTokens)',
    );
    expect(await problemOf('h.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens,TIMESTAMP\n')).toMatch(
      'each of them once',
    );
  });

  test('of no known format: what it looks like, and what there is', async () => {
    const problem = await problemOf('notes.md', '\n# Notes\n');
    expect(problem).toMatch(/^notes\.md:2: the first line is "# Notes"; expected one of these formats:/);
    for (const format of ['Azure', 'Mooncake', 'BurstGPT', 'SageServe', 'Offpeak workload', 'ServeGen']) {
      expect(problem).toContain(format);
    }
    expect(await problemOf('other.jsonl', '{"time": 1}')).toMatch('other.jsonl:1: the first line is');
    expect(await problemOf('array.json', '[{"timestamp": 1}]')).toMatch('array.json:1: the first line is');
  });

  test('with nothing in it', async () => {
    expect(await problemOf('empty.csv', '')).toBe('empty.csv: the file is ""; expected a trace');
    expect(await problemOf('blank.csv', '\n \n')).toBe('blank.csv: the file is ""; expected a trace');
    expect(await problemOf('head.csv', AZURE.split('\n')[0]!)).toMatch('the file is "a header only"');
    const failures = 'Timestamp,Model,Request tokens,Response tokens\n5,m,1,0\n';
    expect(await problemOf('failures.csv', failures)).toMatch('the number of requests is "none"');
    await expect(readLengths(write('failures.csv', failures))).rejects.toThrow('the number of lengths is "none"');
  });

  test('that is cut off or damaged', async () => {
    // Not the same line again and again: a gzip of that fits into its first block.
    const lines = Array.from(
      { length: 5_000 },
      (_, index) => `2023-11-16 18:17:04,${(index * 7_919) % 10_007},${index}`,
    );
    const packed = gzipSync(`${AZURE}${lines.join('\n')}`);
    expect(await problemOf('cut.csv.gz', packed.subarray(0, packed.length / 2))).toBe(
      'cut.csv.gz: the gzip is "cut off before its end"; expected a whole file; fetch or copy it again',
    );
    const damaged = Uint8Array.from(packed);
    damaged.fill(0xff, packed.length / 2, packed.length / 2 + 50);
    expect(await problemOf('bad.csv.gz', damaged)).toMatch(
      /^bad\.csv\.gz: the gzip is ".*"; expected a gzip that is not/,
    );
  });

  test('that is not there', async () => {
    await expect(readWorkload('nowhere/trace.csv')).rejects.toThrow(
      'nowhere/trace.csv: the path is "nowhere/trace.csv"; expected a file or folder that exists',
    );
  });

  test('that is a folder without clients', async () => {
    const folder = join(dirname(write('x', '')), 'folder');
    mkdirSync(folder);
    await expect(readWorkload(folder)).rejects.toThrow(
      'folder: its content is "no such file"; expected ServeGen clients',
    );
    await expect(readLengths(folder)).rejects.toThrow('the path is "a folder"; expected a file of lengths');
  });

  test('with a part in which nobody arrives', async () => {
    await expect(readWorkload(write('trace.csv', AZURE), { fromMs: 60_000 })).rejects.toThrow('within the part');
    await expect(readWorkload(write('trace.csv', AZURE), { durationMs: 0 })).rejects.toThrow(
      'durationMs is 0; expected',
    );
  });
});
