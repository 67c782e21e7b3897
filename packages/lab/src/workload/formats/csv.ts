import { TraceProblem } from '../problem.ts';
import type { FirstLine, LineReader, TraceFormat } from './format.ts';
import { decimalFrom, tokensFrom, type Place, type Row } from './row.ts';

/** The cells of one line by the names of the header. One object serves all lines of a file. */
class CsvRow {
  readonly #indexes: ReadonlyMap<string, number>;
  #cells: readonly string[] = [];
  #place: Place;

  constructor(place: Place, names: readonly string[]) {
    this.#place = place;
    this.#indexes = new Map(names.map((name, index) => [name, index]));
  }

  load(text: string, line: number): this {
    this.#place = { file: this.#place.file, line };
    this.#cells = cellsOf(text);
    if (this.#cells.length !== this.#indexes.size) {
      const expected = `${this.#indexes.size} columns, as in the header`;
      throw new TraceProblem({
        ...this.#place,
        what: `a line of ${this.#cells.length} columns`,
        found: text,
        expected,
      });
    }
    return this;
  }

  get place(): Place {
    return this.#place;
  }

  text(column: string): string {
    return this.#cells[this.#indexes.get(column)!]!.trim();
  }

  tokens(column: string): number {
    return tokensFrom(this.#place, column, this.text(column));
  }

  decimal(column: string, min: number, max: number): number {
    return decimalFrom(this.#place, column, this.text(column), min, max);
  }
}

/** A cell in quotes, with its quotes doubled inside, or a plain one; then the comma or the end. */
const CELL = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;

/** Cells in quotes may hold commas; a cell never goes on in the next line. */
function cellsOf(text: string): readonly string[] {
  if (!text.includes('"')) return text.split(',');
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const [, quoted, plain, end] = CELL.exec(text)!;
    cells.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === '') return cells;
  }
}

export interface CsvFormatSpec {
  readonly title: string;
  readonly columns: readonly string[];
  /** One of these in a header is enough to know what the file wants to be. */
  readonly knownBy: readonly string[];
  /** Absent: the format has no times. */
  readonly timeColumn?: { readonly name: string; readonly numeric: boolean };
  /** Called once per file, so that it may remember. */
  open(): (row: CsvRow) => Row | null;
}

export function csvFormat(spec: CsvFormatSpec): TraceFormat {
  return {
    described: `${spec.title} (CSV with the columns ${spec.columns.join(',')})`,
    recognise: (first: FirstLine): LineReader | undefined => {
      const names = cellsOf(first.text).map((name) => name.trim());
      if (!spec.knownBy.some((name) => names.includes(name))) return undefined;
      const missing = spec.columns.filter((name) => !names.includes(name));
      if (missing.length > 0 || new Set(names).size < names.length) {
        const trouble = missing.length > 0 ? `missing here: ${missing.join(', ')}` : 'each of them once';
        const expected = `the columns ${spec.columns.join(',')} (${spec.title}; ${trouble})`;
        throw new TraceProblem({ ...first, what: 'the header', found: first.text, expected });
      }
      const row = new CsvRow(first, names);
      const read = spec.open();
      const { timeColumn } = spec;
      const key = timeColumn === undefined ? 0 : names.indexOf(timeColumn.name) + 1;
      return {
        title: spec.title,
        timed: timeColumn !== undefined,
        fromZero: false,
        header: true,
        timeName: timeColumn?.name ?? '',
        sorting: `(head -n 1 FILE; tail -n +2 FILE | sort -s -t, -k${key},${key}${timeColumn?.numeric ? 'g' : ''}) > SORTED`,
        read: (text, line) => read(row.load(text, line)),
      };
    },
  };
}
