import type { Asks } from '../wire.ts';

/** Where a load goes: a proxy, or the upstream itself. */
export interface Target {
  readonly name: string;
  readonly port: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Root of the process tree whose CPU and memory are counted; undefined for the upstream itself. */
  readonly pid: number | undefined;
  /** What it is asked; where nothing is said, a chat completion. */
  readonly asks?: Asks;
}

/** A target whose CPU can be counted. */
export interface ProcessTarget extends Target {
  readonly pid: number;
}
