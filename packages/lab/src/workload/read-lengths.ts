import { basename } from 'node:path';
import { eachRow } from './formats/each-row.ts';
import { sourceAt } from './formats/source.ts';
import { TraceProblem } from './problem.ts';
import { TRACE_LIMITS } from './trace-limits.ts';
import type { Lengths } from './workload.ts';

/** Reads the sizes of requests from a file of lengths, or from a recorded trace, whose arrivals are then left out. */
export async function readLengths(path: string): Promise<Lengths> {
  const pairs: { inputTokens: number; outputTokens: number }[] = [];
  const source = await sourceAt(path);
  if (source.kind !== 'lines') {
    const expected = 'a file of lengths or a recorded trace; ServeGen clients are read as a workload';
    throw new TraceProblem({ file: path, what: 'the path', found: `a ${source.kind}`, expected });
  }
  await eachRow(source, (_reader, row, line) => {
    if (row === null) return true;
    if (pairs.length === TRACE_LIMITS.requestsMax) {
      const expected = `at most ${TRACE_LIMITS.requestsMax} (requestsMax)`;
      throw new TraceProblem({ file: path, line, what: 'the number of lengths', found: 'more', expected });
    }
    pairs.push({ inputTokens: row.inputTokens, outputTokens: row.outputTokens });
    return true;
  });
  if (pairs.length === 0) {
    throw new TraceProblem({ file: path, what: 'the number of lengths', found: 'none', expected: 'at least one' });
  }
  return { title: basename(path), pairs };
}
