import { readFile } from 'node:fs/promises';
import { decimalFrom } from '../workload/formats/row.ts';
import { TraceProblem } from '../workload/problem.ts';

export interface TableRow {
  readonly text: (column: string) => string;
  readonly number: (column: string) => number;
}

const NUMBER_MAX = 1e12;

/** A small CSV without quotes, in which these columns must be. */
export async function readTable(file: string, columns: readonly string[]): Promise<TableRow[]> {
  const [header = '', ...lines] = (await readFile(file, 'utf8')).trimEnd().split(/\r?\n/);
  const names = header.split(',');
  const missing = columns.find((column) => !names.includes(column));
  if (missing !== undefined) {
    throw new TraceProblem({ file, line: 1, what: 'the header', found: header, expected: `a column ${missing}` });
  }
  return lines.map((line, index) => {
    const cells = line.split(',');
    const text = (column: string): string => cells[names.indexOf(column)] ?? '';
    const place = { file, line: index + 2 };
    return { text, number: (column) => decimalFrom(place, column, text(column), 0, NUMBER_MAX) };
  });
}
