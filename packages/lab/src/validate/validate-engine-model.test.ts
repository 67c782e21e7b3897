import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EngineLoop, PROFILES } from '@offpeak/engine';
import { describe, expect, onTestFinished, test } from 'vitest';
import { publicTrace } from '../workload/testing/public-traces.ts';
import { replayRun } from './replay-run.ts';
import { readRun } from './recorded-run.ts';
import { validateEngineModel, type Agreement } from './validate-engine-model.ts';

/** The most that a quantile may be off. */
function expectWithin({ ttftMs, tpotMs }: Agreement, ttft: number, tpot: number): void {
  for (const at of ['mean', 'p50', 'p90'] as const) expect(Math.abs(ttftMs.error[at]), `TTFT ${at}`).toBeLessThan(ttft);
  for (const at of ['mean', 'p50', 'p90', 'p99'] as const) {
    expect(Math.abs(tpotMs.error[at]), `TPOT ${at}`).toBeLessThan(tpot);
  }
}

const RECORDED = 'vllm-runs/RTXPRO6000_Llama-3.1-8B_meta.json';

describe('against a recorded vLLM', () => {
  test('first tokens are within 10 % and the gaps between tokens within 5 %', async (context) => {
    const found = await validateEngineModel(dirname(publicTrace(context, RECORDED)));
    expect(found.requests).toBe(300);
    expectWithin(found, 0.1, 0.05);
    expectWithin(found.unqueued, 0.1, 0.05);
  });

  test('so they are for the half that nothing was fitted to', async (context) => {
    const { fitted, heldOut } = await validateEngineModel(dirname(publicTrace(context, RECORDED)));
    expectWithin(fitted, 0.1, 0.05);
    expectWithin(heldOut, 0.1, 0.05);
  });

  test('as many run and wait at each moment, give or take two', async (context) => {
    const { concurrency } = await validateEngineModel(dirname(publicTrace(context, RECORDED)));
    expect(concurrency.running.most).toBe(128);
    expect(concurrency.running.meanDistance).toBeLessThan(2);
    expect(concurrency.waiting.meanDistance).toBeLessThan(2);
  });

  test('without scheduling ahead, first tokens would come a fifth too early where no queue hides it', async (context) => {
    const folder = dirname(publicTrace(context, RECORDED));
    const { unqueued } = await validateEngineModel(folder, { asyncScheduling: false });
    expect(unqueued.ttftMs.error.p50).toBeLessThan(-0.15);
  });

  test('steps put together from profiled layers take as long, within a few percent', async (context) => {
    const { layers } = await validateEngineModel(dirname(publicTrace(context, RECORDED)));
    expect(layers.mixed.steps).toBeGreaterThan(5_000);
    for (const { bias, meanSize } of Object.values(layers)) {
      expect(Math.abs(bias)).toBeLessThan(0.04);
      expect(meanSize).toBeLessThan(0.06);
    }
  });
});

interface Line {
  readonly arrival_time: number;
  readonly queued_ts: number;
  readonly first_token_ts: number;
  readonly last_token_ts: number;
  readonly input_toks: number;
  readonly output_toks: number;
}

const ENGINE_CLOCK_S = 500;
const LINE: Line = {
  arrival_time: 1_000,
  queued_ts: ENGINE_CLOCK_S,
  first_token_ts: ENGINE_CLOCK_S + 0.1,
  last_token_ts: ENGINE_CLOCK_S + 0.2,
  input_toks: 100,
  output_toks: 5,
};

/** A recorded run of one layer and a few attention kernels. */
function folderWith(lines: readonly Line[], files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'offpeak-validate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const all = {
    'a_meta.json': '{"model":"m","vllm_version":"1","engine_kwargs":{"max_num_seqs":4,"max_num_batched_tokens":256}}',
    'a_requests.jsonl': lines.map((line) => JSON.stringify(line)).join('\n'),
    'a_timeseries.csv': 't,running,waiting\n1,1,0\n',
    'a_dense.csv': 'layer,tokens,time_us\r\nqkv_proj,1,300\r\nqkv_proj,100,400\r\n',
    'a_attention.csv': 'prefill_chunk,kv_prefill,n_decode,kv_decode,time_us\n16,0,1,64,10\n16,0,0,0,9\n0,0,2,64,8\n',
    ...files,
  };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  return folder;
}

describe('a run that the loop made itself', () => {
  test('has no error, whatever the distance between the clocks', async () => {
    const sizes = [100, 700, 30, 250, 90, 400].map((input_toks, index) => ({
      ...LINE,
      input_toks,
      arrival_time: 1_000 + index * 0.02,
    }));
    const { costs, kvTokens } = PROFILES['rtx-pro-6000-8b'];
    const rules = { maxNumSeqs: 4, maxNumBatchedTokens: 256, longPrefillTokenThreshold: Infinity, prefixCache: false };
    const loop = new EngineLoop({ costs, kvTokens, ...rules, asyncScheduling: true });
    const { requests } = replayRun(await readRun(folderWith(sizes)), loop);
    const recorded = sizes.map((line, index) => {
      const queuedS = ENGINE_CLOCK_S + line.arrival_time - 1_000;
      const firstS = queuedS + requests[index]!.ttftMs / 1_000;
      return {
        ...line,
        queued_ts: queuedS,
        first_token_ts: firstS,
        last_token_ts: firstS + (requests[index]!.tpotMs * 4) / 1_000,
      };
    });
    const found = await validateEngineModel(folderWith(recorded));
    for (const { error } of [found.ttftMs, found.tpotMs]) {
      for (const value of Object.values(error)) expect(value).toBeCloseTo(0, 6);
    }
  });
});

describe('a run that cannot be read', () => {
  test.each([
    ['no run', { 'a_meta.json': '' }, [LINE], /a_meta\.json:1: the line is "".*JSON/],
    ['two runs', { 'b_meta.json': '{}' }, [LINE], /one recorded run.*found a_meta\.json, b_meta\.json/],
    ['no limits', { 'a_meta.json': '{"model":"m"}' }, [LINE], /a_meta\.json:1: the line is "null"/],
    [
      'time that runs back',
      {},
      [LINE, { ...LINE, queued_ts: 600 }],
      /requests\.jsonl:2: queued_ts is "600".*first_token_ts/,
    ],
    ['an answer of one token', {}, [{ ...LINE, output_toks: 1 }], /requests\.jsonl:1: output_toks is "1".*from 2/],
    ['a missing column', { 'a_timeseries.csv': 't,running\n' }, [LINE], /timeseries\.csv:1: .*a column waiting/],
    [
      'a word for a number',
      { 'a_dense.csv': 'layer,tokens,time_us\nact_fn,many,1' },
      [LINE],
      /dense\.csv:2: tokens is "many"/,
    ],
  ])('%s', async (_, files, lines, message) => {
    await expect(validateEngineModel(folderWith(lines, files))).rejects.toThrow(message);
  });

  test('a folder that is not there', async () => {
    await expect(validateEngineModel('/nowhere')).rejects.toThrow('/nowhere must hold one recorded run');
  });

  test('a profile that cannot be taken apart', async () => {
    const asked = validateEngineModel(folderWith([LINE]), { profile: 'splitwise-h100-70b-tp8' });
    await expect(asked).rejects.toThrow('expected one in closed form');
  });
});
