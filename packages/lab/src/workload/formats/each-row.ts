import { TraceProblem } from '../problem.ts';
import type { LineReader } from './format.ts';
import { recognise } from './recognise.ts';
import type { Row } from './row.ts';
import { eachLine, type Source } from './source.ts';

/** Gives each request of a file to the callback, until that says false. Null is a line without one. Answers with the format's name. */
export async function eachRow(
  source: Source,
  onRow: (reader: LineReader, row: Row | null, line: number) => boolean,
): Promise<string> {
  const file = source.path;
  let reader: LineReader | undefined;
  let rows = 0;
  await eachLine(source, (text, line) => {
    if (text.trim() === '') return true;
    if (reader === undefined) {
      // Some tools mark the file as UTF-8 with a character in front.
      reader = recognise({ file, line, text: text.replace(/^\uFEFF/, '') });
      if (reader.header) return true;
    }
    rows += 1;
    return onRow(reader, reader.read(text, line), line);
  });
  if (reader === undefined) throw new TraceProblem({ file, what: 'the file', found: '', expected: 'a trace' });
  if (rows === 0) {
    throw new TraceProblem({ file, what: 'the file', found: 'a header only', expected: 'at least one request' });
  }
  return reader.title;
}
