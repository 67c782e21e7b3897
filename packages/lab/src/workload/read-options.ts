import type { LengthSource } from './generate/lengths.ts';
import type { Lengths } from './workload.ts';

export interface ReadOptions {
  /** Which part of the trace, from its first request on; default all of it. */
  readonly fromMs?: number;
  readonly durationMs?: number;
  /** That many times the requests in the same time, default 1. A recorded trace is sampled, so it cannot go above 1. */
  readonly rateScale?: number;
  /** For sampling, and for formats that are generators; default 1. */
  readonly seed?: number;
  /** For generators that tell of arrivals and not of lengths. */
  readonly lengths?: Lengths | LengthSource;
}
