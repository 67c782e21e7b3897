import { TraceProblem } from '../problem.ts';
import { azure } from './azure.ts';
import { burstgpt } from './burstgpt.ts';
import type { FirstLine, LineReader, TraceFormat } from './format.ts';
import { lengthsFormats } from './lengths.ts';
import { mooncake } from './mooncake.ts';
import { plain } from './plain.ts';
import { sageserve } from './sageserve.ts';

/** Lengths come last: a line with times is a line with lengths too. */
const FORMATS: readonly TraceFormat[] = [azure, mooncake, burstgpt, sageserve, plain, ...lengthsFormats];

export function recognise(first: FirstLine): LineReader {
  for (const format of FORMATS) {
    const reader = format.recognise(first);
    if (reader !== undefined) return reader;
  }
  const known = FORMATS.map((format) => `\n  ${format.described}`).join('');
  const expected = `one of these formats:${known}\n  ServeGen clients (a folder or .tar.gz with chunk-*-trace.csv)`;
  throw new TraceProblem({ ...first, what: 'the first line', found: first.text, expected });
}
