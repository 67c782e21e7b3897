import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonRow, objectFrom } from '../workload/formats/json.ts';
import { TraceProblem, WorkloadProblem } from '../workload/problem.ts';
import { readTable } from './table.ts';

/** What a real engine did, as LLMServingSim recorded it. Times in ms from the first arrival. */
export interface RecordedRun {
  readonly title: string;
  readonly maxNumSeqs: number;
  readonly maxNumBatchedTokens: number;
  /** In the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** How many ran and waited, seen once a second. */
  readonly series: readonly { readonly atMs: number; readonly running: number; readonly waiting: number }[];
  /** Files with the time of each layer. */
  readonly densePath: string;
  readonly attentionPath: string;
}

export interface RecordedRequest {
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly ttftMs: number;
  readonly tpotMs: number;
}

const META = '_meta.json';
const SECOND_MS = 1_000;
const SECONDS_MAX = 1e11;
const TOKENS_MAX = 10_000_000;

/** Reads the run in a folder: `NAME_meta.json`, `NAME_requests.jsonl`, `NAME_timeseries.csv` and the two profiles beside them. */
export async function readRun(folder: string): Promise<RecordedRun> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(META));
  const [name] = names;
  if (name === undefined || names.length > 1) {
    const found = names.length === 0 ? 'none' : names.join(', ');
    throw new WorkloadProblem(`${folder} must hold one recorded run, a file *${META}; found ${found}`);
  }
  const path = (rest: string): string => join(folder, name.slice(0, -META.length) + rest);
  const meta = await readMeta(path(META));
  const series = await readTable(path('_timeseries.csv'), ['t', 'running', 'waiting']);
  return {
    ...meta,
    requests: await readRequests(path('_requests.jsonl')),
    series: series.map(({ number }) => ({
      atMs: number('t') * SECOND_MS,
      running: number('running'),
      waiting: number('waiting'),
    })),
    densePath: path('_dense.csv'),
    attentionPath: path('_attention.csv'),
  };
}

async function readMeta(file: string): Promise<Pick<RecordedRun, 'title' | 'maxNumSeqs' | 'maxNumBatchedTokens'>> {
  const place = { file, line: 1 };
  const meta = objectFrom(await readFile(file, 'utf8'), place);
  const engine = new JsonRow(objectFrom(JSON.stringify(meta['engine_kwargs'] ?? null), place), place);
  return {
    title: `${String(meta['model'])}, vLLM ${String(meta['vllm_version'])}`,
    maxNumSeqs: engine.whole('max_num_seqs', 1, TOKENS_MAX),
    maxNumBatchedTokens: engine.whole('max_num_batched_tokens', 1, TOKENS_MAX),
  };
}

async function readRequests(file: string): Promise<RecordedRequest[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const rows = lines.map((text, index) => {
    const place = { file, line: index + 1 };
    const row = new JsonRow(objectFrom(text, place), place);
    const seconds = (name: string): number => row.decimal(name, 0, SECONDS_MAX);
    const times = {
      arrivalS: seconds('arrival_time'),
      queuedS: seconds('queued_ts'),
      firstS: seconds('first_token_ts'),
      lastS: seconds('last_token_ts'),
    };
    if (times.queuedS > times.firstS || times.firstS > times.lastS) {
      const expected = 'not after first_token_ts, and that not after last_token_ts';
      throw new TraceProblem({ ...place, what: 'queued_ts', found: String(times.queuedS), expected });
    }
    return {
      ...times,
      inputTokens: row.whole('input_toks', 1, TOKENS_MAX),
      outputTokens: row.whole('output_toks', 2, TOKENS_MAX),
    };
  });
  // Arrivals are on the client's clock, all else on the engine's. The quickest request says how far they are apart.
  const shiftS = Math.min(...rows.map(({ arrivalS, queuedS }) => queuedS - arrivalS));
  const startS = Math.min(...rows.map(({ arrivalS }) => arrivalS));
  return rows
    .toSorted((a, b) => a.arrivalS - b.arrivalS)
    .map(({ arrivalS, firstS, lastS, inputTokens, outputTokens }) => ({
      atMs: (arrivalS - startS) * SECOND_MS,
      inputTokens,
      outputTokens,
      ttftMs: (firstS - arrivalS - shiftS) * SECOND_MS,
      tpotMs: ((lastS - firstS) / (outputTokens - 1)) * SECOND_MS,
    }));
}
