import type { LabRequest } from '../workload.ts';
import { TraceProblem } from '../problem.ts';
import { TRACE_LIMITS } from '../trace-limits.ts';

/** A request as a line tells it: `atMs` counts from wherever the trace counts, or is 0 where the format has no times. */
export type Row = { -readonly [K in keyof LabRequest]: LabRequest[K] };

/** Where a line stands, for what is said about it. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Traces are written by many tools: `12` and `12.0` are the same count. */
export function wholeFrom(place: Place, what: string, text: string, min: number, max: number): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new TraceProblem({ ...place, what, found: text, expected: `a whole number from ${min} to ${max}` });
}

export function decimalFrom(place: Place, what: string, text: string, min: number, max: number): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new TraceProblem({ ...place, what, found: text, expected: `a number from ${min} to ${max}` });
}

export function tokensFrom(place: Place, what: string, text: string): number {
  return wholeFrom(place, what, text, 0, TRACE_LIMITS.tokensMax);
}

/**
 * A recorded prompt of no tokens counts as one: every chat template adds that much, and an engine cannot run nothing. A recorded
 * answer of no tokens is a request that failed; what it would have been nobody knows, so it is dropped and counted.
 */
export function recorded(atMs: number, inputTokens: number, outputTokens: number): Row | null {
  return outputTokens === 0 ? null : { atMs, inputTokens: Math.max(1, inputTokens), outputTokens };
}
