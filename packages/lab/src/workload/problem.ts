/** What was asked for cannot be done as it stands: an option, a mix, a file. The message is for the person who asked. */
export class WorkloadProblem extends Error {
  override readonly name: string = 'WorkloadProblem';
}

export interface TraceFinding {
  readonly file: string;
  /** Counted from 1; absent where the trouble is the file as a whole. */
  readonly line?: number;
  /** The column, field or thing that is wrong, as the subject of the sentence. */
  readonly what: string;
  readonly found: string;
  readonly expected: string;
}

/** Longer findings are cut: a line of a wrong file can be as long as the file. */
const FOUND_CHARS_MAX = 120;

/** A trace that cannot be read, with the place and what would be right there. */
export class TraceProblem extends WorkloadProblem {
  override readonly name = 'TraceProblem';
  readonly file: string;
  readonly line: number | undefined;
  readonly found: string;
  readonly expected: string;

  constructor({ file, line, what, found, expected }: TraceFinding) {
    const shown = found.length > FOUND_CHARS_MAX ? `${found.slice(0, FOUND_CHARS_MAX)}...` : found;
    const place = line === undefined ? file : `${file}:${line}`;
    super(`${place}: ${what} is ${JSON.stringify(shown)}; expected ${expected}`);
    this.file = file;
    this.line = line;
    this.found = found;
    this.expected = expected;
  }
}

/** For options and parameters: `value` must lie between the two, both included unless `above` is said. */
export function checkNumber(
  what: string,
  value: number,
  { above, min, max = Number.MAX_SAFE_INTEGER }: { above?: number; min?: number; max?: number },
): void {
  const lowEnough = above === undefined ? value >= (min ?? 0) : value > above;
  if (lowEnough && value <= max) return;
  const low = above === undefined ? `of ${min ?? 0} or more` : `above ${above}`;
  const high = max === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${max}`;
  throw new WorkloadProblem(`${what} is ${value}; expected a number ${low}${high}`);
}
