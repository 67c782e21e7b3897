import { basename } from 'node:path';
import { TraceProblem } from '../problem.ts';
import { Random } from '../random.ts';
import type { ReadOptions } from '../read-options.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';
import type { LabRequest, Workload } from '../workload.ts';
import type { LineReader } from './format.ts';
import type { Row } from './row.ts';

/** Cuts and samples the rows of a recorded trace, and checks what only several of them together can break. */
export class Collector {
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
    this.#startMs ??= this.#reader.fromZero ? 0 : row.atMs;
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
    if (this.#failed > 0) notes.push(`requests without an answer that were dropped: ${this.#failed}`);
    return {
      title: basename(this.#file),
      source: `${format} ${this.#file}`,
      requests: this.#requests,
      durationMs: Math.min(this.#lastMs, this.#endMs) - this.#fromMs,
      ...(notes.length > 0 && { notes }),
    };
  }
}
