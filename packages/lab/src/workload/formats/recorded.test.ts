import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLengths } from '../read-lengths.ts';
import { readWorkload } from '../read-workload.ts';
import { traceFiles } from '../testing/trace-files.ts';
import type { LabRequest } from '../workload.ts';

const write = traceFiles();

const AZURE_2023 = [
  'TIMESTAMP,ContextTokens,GeneratedTokens',
  '2023-11-16 18:17:58.9799600,4808,10',
  '2023-11-16 18:17:59.0319607,0,8',
  '2023-11-16 18:18:00.0000000,110,27',
].join('\r\n');

const BURSTGPT = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type
19440110.0,a-1,43,GPT-4,906,446,1352,Conversation log
19440111.5,,2,ChatGPT,36,0,36,API log
19440161.25,d-2,2,ChatGPT,36,29,65,"API log, retried"
`;

const SAGESERVE = `request_id,batch_id,client_tenant,request_type,scenario,sla,utility,regions,model_type,workload_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size
0,-1,3,2,Enterprise,10,3,012,A,prod,0,100,1,512,20
1,-1,1,2,Enterprise,3600,2,201,B,prod,0,100.5,1,90,300
2,7,0,2,Enterprise,86400,1,120,B,dev,0,101,128,44,7
3,-1,2,2,Enterprise,-1,0,120,B,dev,0,103,1,45,8
`;

describe('Azure', () => {
  test('times to seven digits from the first request on, a prompt of no tokens as one, no newline at the end', async () => {
    const workload = await readWorkload(write('azure.csv', AZURE_2023));
    expect(workload.requests).toEqual([
      { atMs: 0, inputTokens: 4808, outputTokens: 10 },
      { atMs: expect.closeTo(52.0007, 6), inputTokens: 1, outputTokens: 8 },
      { atMs: expect.closeTo(1_020.04, 6), inputTokens: 110, outputTokens: 27 },
    ]);
    expect(workload.durationMs).toBeCloseTo(1_020.04, 6);
    expect(workload).toMatchObject({ title: 'azure.csv', source: expect.stringMatching(/^Azure .*azure\.csv$/) });
    expect(workload.notes).toBeUndefined();
  });

  test('the later release: offsets, some times without a fraction, and a mark at the start of the file', async () => {
    const lines = [
      '\uFEFFTIMESTAMP,ContextTokens,GeneratedTokens',
      '2024-05-10 00:00:59.009930+00:00,1,2',
      '2024-05-10 00:01:00+00:00,3,4',
      '2024-05-10T02:01:00.5+02:00,5,6',
      '2024-05-10T00:01:01Z,7,0',
      '',
    ];
    const workload = await readWorkload(write('azure-2024.csv', lines.join('\n')));
    expect(workload.requests.map(({ atMs }) => atMs)).toEqual([0, 990.07, 1_490.07].map((at) => expect.closeTo(at, 6)));
    expect(workload.notes).toEqual(['requests without an answer that were dropped: 1']);
  });
});

test('Mooncake: blocks become the prefix', async () => {
  const lines = [
    '{"timestamp": 27482, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2, 3, 4]}',
    '{"timestamp": 30535, "input_length": 672, "output_length": 52, "hash_ids": [0, 9]}',
    '{"timestamp": 30535, "input_length": 7, "output_length": 2}',
  ];
  const { requests, durationMs } = await readWorkload(write('mooncake.jsonl', lines.join('\n')));
  expect(requests).toEqual([
    { atMs: 0, inputTokens: 6758, outputTokens: 500, prefix: [0, 1, 2, 3, 4] },
    { atMs: 3_053, inputTokens: 672, outputTokens: 52, prefix: [0, 9] },
    { atMs: 3_053, inputTokens: 7, outputTokens: 2 },
  ]);
  expect(durationMs).toBe(3_053);
});

test('BurstGPT: with sessions or without, failures dropped and counted', async () => {
  const workload = await readWorkload(write('burst.csv', BURSTGPT));
  expect(workload.requests).toEqual([
    { atMs: 0, inputTokens: 906, outputTokens: 446 },
    { atMs: 51_250, inputTokens: 36, outputTokens: 29 },
  ]);
  expect(workload.notes).toEqual(['requests without an answer that were dropped: 1']);
  const short = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,API log\n';
  expect((await readWorkload(write('burst-1.csv', short))).requests).toHaveLength(1);
});

test('SageServe: the service level is the tier, the tenant the project, and only batch has a deadline', async () => {
  const { requests } = await readWorkload(write('tiers.csv', SAGESERVE));
  expect(requests).toEqual([
    { atMs: 0, inputTokens: 512, outputTokens: 20, tier: 'priority', project: '3' },
    { atMs: 500, inputTokens: 90, outputTokens: 300, tier: 'standard', project: '1' },
    { atMs: 1_000, inputTokens: 44, outputTokens: 7, tier: 'batch', project: '0', deadlineMs: 1_000 + 86_400_000 },
    { atMs: 3_000, inputTokens: 45, outputTokens: 8, tier: 'flex', project: '2' },
  ]);
});

test('cells in quotes, empty ones and half-open ones are cells', async () => {
  const rows = [',7,"a, ""b""",1,2,""', '"x",8,,3,4,y', ',"9","half" open,5,6,"', '"",10,"half, open,7,8,9'];
  const text = ['"id",Timestamp,note,Request tokens,"Response tokens",last', ...rows.slice(0, 3)].join('\n');
  const { requests } = await readWorkload(write('quoted.csv', text));
  expect(requests.map(({ atMs, inputTokens }) => [atMs, inputTokens])).toEqual([
    [0, 1],
    [1_000, 3],
    [2_000, 5],
  ]);
  await expect(readWorkload(write('quoted.csv', `${text}\n${rows[3]}`))).rejects.toThrow(
    'quoted.csv:5: a line of 7 columns',
  );
});

describe("Offpeak's own format", () => {
  test('every request that can be written comes back', async () => {
    const request = fc.record(
      {
        gapMs: fc.integer({ min: 0, max: 1_000 }),
        inputTokens: fc.integer({ min: 1_025, max: 1e7 }),
        outputTokens: fc.integer({ min: 1, max: 1e6 }),
        outputTokensMax: fc.constant(1e6),
        tier: fc.constantFrom('priority', 'standard', 'flex', 'batch' as const),
        project: fc.string({ minLength: 1, maxLength: 20 }),
        deadlineMs: fc.constant(1e9),
        prefix: fc.array(fc.nat(), { maxLength: 3 }),
      },
      { requiredKeys: ['gapMs', 'inputTokens', 'outputTokens'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 20 }), async (drawn) => {
        let atMs = 0;
        const requests = drawn.map(
          ({ gapMs, ...rest }): LabRequest => ({ atMs: (atMs += gapMs), ...rest }) as LabRequest,
        );
        const path = write('own.jsonl', requests.map((one) => JSON.stringify(one)).join('\n'));
        expect((await readWorkload(path)).requests).toEqual(requests);
      }),
      { numRuns: 50 },
    );
  });

  test('times count from the start, not from the first request', async () => {
    const path = write('late.jsonl', '{"atMs": 500, "inputTokens": 2, "outputTokens": 1}');
    expect((await readWorkload(path)).requests[0]!.atMs).toBe(500);
  });
});

describe('a part of a trace', () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => `${100 + index},M,${index + 1},5,6,L`);
  const text = `Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n${rows.join('\n')}`;

  test('starts at its own zero and ends before its end', async () => {
    const workload = await readWorkload(write('long.csv', text), { fromMs: 10_000, durationMs: 5_000 });
    expect(workload.requests.map(({ atMs }) => atMs)).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(workload.requests[0]!.inputTokens).toBe(11);
    expect(workload.durationMs).toBe(5_000);
  });

  test('takes its deadlines with it', async () => {
    const { requests } = await readWorkload(write('tiers.csv', SAGESERVE), { fromMs: 600, durationMs: 1_000 });
    expect(requests).toMatchObject([{ atMs: 400, tier: 'batch', deadlineMs: 400 + 86_400_000 }]);
  });

  test('ends with the trace where more is asked for', async () => {
    const workload = await readWorkload(write('long.csv', text), { fromMs: 990_000, durationMs: 60_000 });
    expect(workload.requests).toHaveLength(10);
    expect(workload.durationMs).toBe(9_000);
  });

  test('what is wrong after it is not looked at', async () => {
    const path = write('later.csv', `${text}\nnonsense`);
    expect((await readWorkload(path, { durationMs: 2_500 })).requests).toHaveLength(3);
    await expect(readWorkload(path)).rejects.toThrow('later.csv:1002: a line of 1 columns');
  });

  test('a share is a sample, the same one for the same seed', async () => {
    const path = write('long.csv', text);
    const half = await readWorkload(path, { rateScale: 0.5, seed: 7 });
    expect(half.requests.length).toBeGreaterThan(430);
    expect(half.requests.length).toBeLessThan(570);
    expect(await readWorkload(path, { rateScale: 0.5, seed: 7 })).toEqual(half);
    expect(await readWorkload(path, { rateScale: 0.5, seed: 8 })).not.toEqual(half);
    await expect(readWorkload(path, { rateScale: 2 })).rejects.toThrow('rateScale is 2; expected at most 1');
  });
});

describe('lengths', () => {
  test.each([
    [
      'lengths.csv',
      'num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n74,918,992,0.08\n0,3,3,0\n9,0,9,0\n',
    ],
    [
      'tasks.jsonl',
      '{"request_id": 0, "input_length": 74, "output_length": 918}\n{"input_length": 0, "output_length": 3}',
    ],
    ['own-lengths.jsonl', '{"inputTokens": 74, "outputTokens": 918}\n{"inputTokens": 1, "outputTokens": 3}\n'],
    ['azure.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:59,74,918\n2023-11-16 18:17:58,0,3\n'],
  ])('%s', async (name, text) => {
    const { title, pairs } = await readLengths(write(name, text));
    expect(title).toBe(name);
    expect(pairs).toEqual([
      { inputTokens: 74, outputTokens: 918 },
      { inputTokens: 1, outputTokens: 3 },
    ]);
  });

  test('are no workload', async () => {
    const path = write('lengths.csv', 'num_prefill_tokens,num_decode_tokens\n74,918\n');
    await expect(readWorkload(path)).rejects.toThrow('expected a trace with arrivals');
  });
});

test('a packed file reads like the file', async () => {
  const packed = await readWorkload(write('azure.csv.gz', gzipSync(AZURE_2023)));
  expect(packed.requests).toEqual((await readWorkload(write('azure.csv', AZURE_2023))).requests);
});
