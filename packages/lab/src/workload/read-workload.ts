import { Collector } from './formats/collector.ts';
import { eachRow } from './formats/each-row.ts';
import { generateServeGen } from './formats/servegen/servegen.ts';
import { sourceAt, type Source } from './formats/source.ts';
import { checkNumber, TraceProblem, WorkloadProblem } from './problem.ts';
import type { ReadOptions } from './read-options.ts';
import type { Workload } from './workload.ts';

/** Reads a trace of any format, which is known from its content. Throws a `TraceProblem` where it cannot. */
export async function readWorkload(path: string, options: ReadOptions = {}): Promise<Workload> {
  checkNumber('fromMs', options.fromMs ?? 0, { min: 0 });
  checkNumber('durationMs', options.durationMs ?? 1, { above: 0, max: Number.POSITIVE_INFINITY });
  checkNumber('rateScale', options.rateScale ?? 1, { above: 0 });
  const source = await sourceAt(path);
  return source.kind === 'lines' ? readRecorded(source, options) : generateServeGen(source, options);
}

async function readRecorded(source: Source, options: ReadOptions): Promise<Workload> {
  if ((options.rateScale ?? 1) > 1) {
    throw new WorkloadProblem(
      `rateScale is ${options.rateScale}; expected at most 1, because a recorded trace has no more requests than it has (to compress its time, scale its rate instead)`,
    );
  }
  let collector: Collector | undefined;
  const title = await eachRow(source, (reader, row, line) => {
    if (!reader.timed) {
      const expected = 'a trace with arrivals; this file is a source of lengths for flex or batch work';
      throw new TraceProblem({ file: source.path, line: 1, what: 'the format', found: reader.title, expected });
    }
    collector ??= new Collector(source.path, reader, options);
    return collector.add(row, line);
  });
  return collector!.workload(title);
}
