import { writeFileSync } from 'node:fs';
import { ProgressBar } from '../../packages/cli/src/progress-bar.ts';
import type { BenchOptions } from '../lib/bench.ts';
import { ofCell } from './cells.ts';
import { MEASURES } from './measures.ts';
import { parseOptions, usage, type CoserveOptions } from './options.ts';
import { page } from './page.ts';
import { effort, planned } from './plan.ts';
import { runAll } from './pool.ts';
import { readRecording, RECORDING_VERSION, type Recording, type RunRecord } from './records.ts';
import { ceiling } from './runner.ts';
import { runName, type TraceName } from './cases.ts';
import { findingsOf, type Findings } from './sections.ts';
import { facts, textReport } from './text.ts';
import { flexLengths, openTrace, whyAbsent } from './traces.ts';

/** Every policy on every trace, beside the same traffic without flex and beside a scheduler inside the engine. */
export async function run({ json, argv }: BenchOptions): Promise<number> {
  const options = parseOptions(argv);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const recording = options.from === undefined ? await recorded(options) : readRecording(options.from);
  const findings = findingsOf(recording);
  if (options.html !== undefined) writeFileSync(options.html, page(recording, findings));
  console.log(json ? JSON.stringify(jsonReport(recording, findings), null, 2) : textReport(recording, findings));
  return 0;
}

async function recorded({ wish: wanted, profile, out }: CoserveOptions): Promise<Recording> {
  const startedAt = performance.now();
  const skipped = wanted.traces.flatMap((trace) => {
    const reason = whyAbsent(trace);
    return reason === undefined ? [] : [{ trace, reason }];
  });
  const traces = wanted.traces.filter((trace) => !skipped.some((each) => each.trace === trace));
  const wish = { ...wanted, traces };
  const specs = planned(wish);
  for (const { trace, reason } of skipped) console.error(`${trace} is left out: ${reason}`);
  if (specs.length === 0) throw new Error('there is nothing to run: no trace that was asked for is there');

  const lengths = await flexLengths();
  const flexCeiling = ceiling(profile, lengths);
  const ceilings: Partial<Record<TraceName, typeof flexCeiling>> = {};
  for (const trace of traces) ceilings[trace] = ceiling(profile, (await openTrace(trace)).lengths);
  const runs = new Map<string, RunRecord>();
  const recording = (): Recording => ({
    bench: 'coserve',
    version: RECORDING_VERSION,
    node: process.version,
    wish,
    profile,
    ceilings,
    flexCeiling,
    flexLengths: lengths?.title ?? 'built-in lengths of chat histories',
    skipped,
    seconds: (performance.now() - startedAt) / 1_000,
    runs: specs.flatMap((spec) => runs.get(runName(spec)) ?? []),
  });
  try {
    await runEach();
  } finally {
    // A run that fails late has cost a while.
    if (out !== undefined) writeFileSync(out, `${JSON.stringify(recording())}\n`);
  }
  return recording();

  async function runEach(): Promise<void> {
    const bar = new ProgressBar();
    const total = specs.reduce((sum, spec) => sum + effort(spec), 0);
    let done = 0;
    const capacities = Object.fromEntries(
      Object.entries(ceilings).map(([trace, { requestsPerSecond }]) => [trace, requestsPerSecond]),
    );
    await runAll(specs, { profile, capacities }, (record) => {
      runs.set(runName(record.spec), record);
      done += effort(record.spec);
      bar.update({ share: done / total, label: 'simulating', note: `${runs.size} of ${specs.length} runs` });
    });
    bar.clear();
  }
}

function jsonReport(recording: Recording, { cells, reach, recoveries, frontier }: Findings): object {
  const { profile, wish, ceilings, flexCeiling, skipped, seconds } = recording;
  return {
    bench: 'coserve',
    facts: facts(recording),
    ...{ profile, wish, ceilings, flexCeiling, skipped, seconds },
    goals: reach,
    cells: cells.map((cell) => ({
      ...{ trace: cell.trace, engines: cell.engines, load: cell.load, variant: cell.variant },
      measures: Object.fromEntries(MEASURES.map((measure) => [measure, ofCell(cell, measure)])),
    })),
    recoveries,
    frontier,
  };
}
