import { readFileSync } from 'node:fs';
import type { Ceiling, RunResult } from '@offpeak/lab';
import type { RunSpec, TraceName } from './cases.ts';
import type { Wish } from './plan.ts';
import { WrongUse } from '../lib/wrong-use.ts';

/** What is kept of a run. */
export interface RunRecord {
  readonly spec: RunSpec;
  /** Interactive requests of the measured span, as a share of what the engines could serve. */
  readonly load: number;
  readonly tiers: RunResult['tiers'];
  readonly flexTokensPerSecond: number;
  readonly flexTokensComputed: number;
  readonly flexTokensLostShare: number;
  readonly evictions: number;
  readonly steps: number;
  /** Of predicted step times, as shares of the actual ones. */
  readonly modelError: { readonly median: number; readonly p90: number } | null;
  /** Of runs with a burst: arrivals, from its beginning on, of standard requests that missed their TTFT limit. */
  readonly missedAtMs?: readonly number[];
}

/** A whole bench run, from which every table can be made again. */
export interface Recording {
  readonly bench: 'coserve';
  readonly version: typeof RECORDING_VERSION;
  readonly node: string;
  readonly wish: Wish;
  readonly profile: string;
  /** What one engine does of each trace's requests, and of flex. */
  readonly ceilings: Readonly<Partial<Record<TraceName, Ceiling>>>;
  readonly flexCeiling: Ceiling;
  readonly flexLengths: string;
  readonly skipped: readonly { readonly trace: TraceName; readonly reason: string }[];
  readonly seconds: number;
  readonly runs: readonly RunRecord[];
}

export const RECORDING_VERSION = 1;

export function readRecording(file: string): Recording {
  let content: Partial<Recording>;
  try {
    content = JSON.parse(readFileSync(file, 'utf8')) as Partial<Recording>;
  } catch (error) {
    throw new WrongUse(`--from ${file}: ${(error as Error).message}; expected what --out wrote`);
  }
  if (content.bench !== 'coserve' || content.version !== RECORDING_VERSION || !Array.isArray(content.runs)) {
    throw new WrongUse(`--from ${file} is no recording of this bench in version ${RECORDING_VERSION}; run it again`);
  }
  return content as Recording;
}
