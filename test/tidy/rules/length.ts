import type { Finding } from '../finding.ts';
import type { Tree } from '../tree.ts';

/** A file that a reader takes in at one sitting. Tests are lists, and may be longer. */
export const LINES_MAX = 600;

export interface Length {
  readonly file: string;
  readonly lines: number;
}

/** Longest first. */
export function lengths(tree: Tree): Length[] {
  return [...tree.sources.values()]
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .map(({ path, text }) => ({ file: path, lines: text.trimEnd().split('\n').length }))
    .sort((a, b) => b.lines - a.lines);
}

export function tooLong(tree: Tree): Finding[] {
  return lengths(tree)
    .filter(({ lines }) => lines > LINES_MAX)
    .map(({ file, lines }) => ({ file, what: `has ${lines} lines, more than ${LINES_MAX}` }));
}
