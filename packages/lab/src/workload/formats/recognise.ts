import { TraceProblem } from '../problem.ts';
import { azure } from './azure.ts';
import type { FirstLine, LineReader, TraceFormat } from './format.ts';
import { lengthsCsv } from './lengths-csv.ts';

const FORMATS: readonly TraceFormat[] = [azure, lengthsCsv];

export function recognise(first: FirstLine): LineReader {
  for (const format of FORMATS) {
    const reader = format.recognise(first);
    if (reader !== undefined) return reader;
  }
  const known = FORMATS.map((format) => format.described).join('; ');
  const expected = `the first line of one of these formats: ${known}; or a ServeGen folder or .tar.gz`;
  throw new TraceProblem({ ...first, what: 'the first line', found: first.text, expected });
}
