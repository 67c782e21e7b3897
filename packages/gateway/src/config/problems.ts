/** One thing that is wrong with a config file, told so that it can be mended without a search. */
export interface ConfigProblem {
  /** `projects[0].limits.standard.requestsPerMinute`; empty for the file as a whole. */
  readonly path: string;
  /** Counted from 1; absent where no file was read (command-line overrides). */
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
  /** As it is written in the file; absent for what may be secret. */
  readonly value?: string;
  readonly suggestion?: string;
}

export type PathPart = string | number;

/** A problem of which only the path is known yet. */
export interface RawProblem {
  readonly path: readonly PathPart[];
  /** The key at the path is what is wrong, not its value. */
  readonly atKey?: boolean;
  readonly message: string;
  readonly suggestion?: string | undefined;
}

export function pathText(path: readonly PathPart[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** One paragraph for people; the first line of each problem is `file:line:column: path: message`, which editors can open. */
export function formatProblems(problems: readonly ConfigProblem[], file?: string): string {
  return problems.map((problem) => formatProblem(problem, file)).join('\n');
}

function formatProblem(problem: ConfigProblem, file: string | undefined): string {
  const place = problem.line === undefined ? [] : [problem.line, problem.column ?? 1];
  const where = [...(file === undefined ? [] : [file]), ...place].join(':');
  const value = problem.value === undefined ? '' : ` (it is ${problem.value})`;
  const hint = problem.suggestion === undefined ? '' : `\n  Did you mean ${problem.suggestion}?`;
  const head = [where, problem.path].filter((part) => part !== '').join(': ');
  return `${head === '' ? '' : `${head}: `}${problem.message}${value}${hint}`;
}
