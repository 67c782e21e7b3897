import { basename } from 'node:path';
import type { LineReader } from './formats/format.ts';
import { recognise } from './formats/recognise.ts';
import type { Row } from './formats/row.ts';
import { eachLine, sourceAt, type Source } from './formats/source.ts';
import { checkNumber, TraceProblem, WorkloadProblem } from './problem.ts';
import { Random } from './random.ts';
import { TRACE_LIMITS } from './trace-limits.ts';
import type { LabRequest, Lengths, Workload } from './workload.ts';

export interface ReadOptions {
  /** Which part of the trace, from its first request on; default all of it. */
  readonly fromMs?: number;
  readonly durationMs?: number;
  /** That many times the requests in the same time, default 1. A recorded trace is sampled, so it cannot go above 1. */
  readonly rateScale?: number;
  /** For sampling, and for formats that are generators; default 1. */
  readonly seed?: number;
  /** For generators that tell of arrivals and not of lengths. */
  readonly lengths?: Lengths;
}

/** Reads a trace of any format, which is known from its content. Throws a `TraceProblem` where it cannot. */
export async function readWorkload(path: string, options: ReadOptions = {}): Promise<Workload> {
  checkNumber('fromMs', options.fromMs ?? 0, { min: 0 });
  checkNumber('durationMs', options.durationMs ?? 1, { above: 0, max: Number.POSITIVE_INFINITY });
  checkNumber('rateScale', options.rateScale ?? 1, { above: 0 });
  const source = await sourceAt(path);
  return readRecorded(source, options);
}

async function readRecorded(source: Source, options: ReadOptions): Promise<Workload> {
  if ((options.rateScale ?? 1) > 1) {
    throw new WorkloadProblem(
      `rateScale is ${options.rateScale}; expected at most 1, because a recorded trace has no more requests than it has (to compress its time, scale its rate instead)`,
    );
  }
  let collector: Collector | undefined;
  const title = await eachRow(source, (reader, row, line) => {
    if (!reader.timed) {
      const expected = 'a trace with arrivals; this file is a source of lengths for flex or batch work';
      throw new TraceProblem({ file: source.path, line: 1, what: 'the format', found: reader.title, expected });
    }
    collector ??= new Collector(source.path, reader, options);
    return collector.add(row, line);
  });
  return collector!.workload(title);
}

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

/** Cuts and samples the rows of a recorded trace, and checks what only several of them together can break. */
class Collector {
  readonly #file: string;
  readonly #reader: LineReader;
  readonly #fromMs: number;
  readonly #endMs: number;
  readonly #share: number;
  readonly #random: Random;
  readonly #requests: LabRequest[] = [];
  #startMs: number | undefined;
  #lastMs = 0;
  #failed = 0;

  constructor(file: string, reader: LineReader, options: ReadOptions) {
    this.#file = file;
    this.#reader = reader;
    this.#fromMs = options.fromMs ?? 0;
    this.#endMs = this.#fromMs + (options.durationMs ?? Number.POSITIVE_INFINITY);
    this.#share = options.rateScale ?? 1;
    this.#random = new Random(options.seed ?? 1);
  }

  /** False when all that follows is after the part that is wanted. */
  add(row: Row | null, line: number): boolean {
    if (row === null) {
      this.#failed += 1;
      return true;
    }
    this.#startMs ??= row.atMs;
    const atMs = row.atMs - this.#startMs;
    const { timeName, sorting } = this.#reader;
    if (atMs < this.#lastMs) {
      const found = `${this.#lastMs - atMs} ms before the one above`;
      const expected = `times in order; to sort: ${sorting}`;
      throw new TraceProblem({ file: this.#file, line, what: `${timeName} of this request`, found, expected });
    }
    if (atMs > TRACE_LIMITS.traceMsMax) {
      const expected = `at most ${TRACE_LIMITS.traceMsMax} ms after the first request (traceMsMax)`;
      throw new TraceProblem({ file: this.#file, line, what: timeName, found: `${atMs} ms after it`, expected });
    }
    this.#lastMs = atMs;
    if (atMs >= this.#endMs) return false;
    if (atMs < this.#fromMs || (this.#share < 1 && this.#random.unit() >= this.#share)) return true;
    if (this.#requests.length === TRACE_LIMITS.requestsMax) {
      const expected = `at most ${TRACE_LIMITS.requestsMax} requests (requestsMax); read a part, or a share with rateScale`;
      throw new TraceProblem({ file: this.#file, line, what: 'the number of requests', found: 'more', expected });
    }
    if (row.deadlineMs !== undefined) row.deadlineMs -= this.#startMs + this.#fromMs;
    row.atMs = atMs - this.#fromMs;
    this.#requests.push(row);
    return true;
  }

  workload(format: string): Workload {
    if (this.#requests.length === 0) {
      const found = this.#startMs === undefined ? 'none' : `none of them within the part and share asked for`;
      throw new TraceProblem({ file: this.#file, what: 'the number of requests', found, expected: 'at least one' });
    }
    const notes: string[] = [];
    if (this.#failed > 0) notes.push(`${this.#failed} requests without an answer were dropped`);
    return {
      title: basename(this.#file),
      source: `${format} ${this.#file}`,
      requests: this.#requests,
      durationMs: Math.min(this.#lastMs, this.#endMs) - this.#fromMs,
      ...(notes.length > 0 && { notes }),
    };
  }
}
