import type { Row } from './row.ts';

/** The first line of a file that is not empty. */
export interface FirstLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Reads the lines after the one that it was recognised by, or that one too where it has no header. */
export interface LineReader {
  readonly title: string;
  /** Without times a file is only a source of lengths. */
  readonly timed: boolean;
  /** Whether times count from 0; else the first request is the start. */
  readonly fromZero: boolean;
  /** The first line is a header, which `read` must not be given. */
  readonly header: boolean;
  /** How to put the lines in the order of their times. */
  readonly sorting: string;
  /** What the time is called, for what is said about it. */
  readonly timeName: string;
  /** Null for a line that tells of no request that could be run again. */
  read(text: string, line: number): Row | null;
}

export interface TraceFormat {
  /** As it is told to somebody whose file is none of them. */
  readonly described: string;
  /** Throws where the line is of this format and still cannot be used, such as a header without a column that is needed. */
  recognise(first: FirstLine): LineReader | undefined;
}
