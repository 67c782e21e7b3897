import type { Tier } from '@offpeak/core';
import type { SequenceView } from '@offpeak/engine';
import type { LabRequest } from '../workload/workload.ts';
import type { EngineProcess } from './engine-process.ts';

/** One request on its way through a simulated house: the client's side, the gateway's and the engine's in one record. */
export interface LabTicket {
  readonly id: string;
  readonly number: number;
  readonly request: LabRequest;
  readonly tier: Tier;
  readonly arrivedMs: number;
  /** The engine's record of its present run. */
  run: SequenceView | null;
  engine: EngineProcess | null;
  /** Counts runs, so that news of an earlier one is told from news of this. */
  runs: number;
  /** The step of its engine that gave the present run's first token; -1 before. */
  firstStep: number;
  /** Output tokens of earlier runs that reached the client. */
  kept: number;
  firstTokenMs: number | null;
  watched: boolean;
  /** Tokens of the present run that the books hold already. */
  booked: number;
  promptBooked: boolean;
  /** Prompt tokens that were read in vain. */
  dropped: number;
  over: boolean;
}

/** Tokens of the answer that reached the gateway so far. */
export function tokensOf(ticket: LabTicket): number {
  const { run, engine, firstStep } = ticket;
  if (run === null || engine === null || firstStep < 0) return ticket.kept;
  // The loop computes a step at its beginning; what it emits is on the way until the step's end was delivered.
  return ticket.kept + Math.max(0, Math.min(run.generatedTokens, engine.deliveredStep - firstStep + 1));
}
