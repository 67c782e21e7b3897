import type { ParseArgsOptionsConfig } from 'node:util';
import { flagsOf, listed } from '../lib/flags.ts';
import { WrongUse } from '../lib/wrong-use.ts';
import type { ProxyName } from './proxies/proxy.ts';
import { passages, type Passage } from './wires/passages.ts';

export const proxyNames: readonly ProxyName[] = ['nginx', 'haproxy', 'bare', 'portkey', 'offpeak'];

export type Row =
  'unary-1k' | 'unary-32k' | 'unary-1m' | 'latency' | 'streams-500' | 'streams-5000' | 'wires-1k' | 'wires-streams';

/** Rows that only Offpeak has. */
const wireRows: readonly Row[] = ['wires-1k', 'wires-streams'];

const rowsByWord: Readonly<Record<string, readonly Row[]>> = {
  'unary-1k': ['unary-1k'],
  'unary-32k': ['unary-32k'],
  'unary-1m': ['unary-1m'],
  unary: ['unary-1k', 'unary-32k', 'unary-1m'],
  latency: ['latency'],
  'streams-500': ['streams-500'],
  'streams-5000': ['streams-5000'],
  streams: ['streams-500', 'streams-5000'],
  // Memory is read off the open streams, so it comes with them.
  memory: ['streams-500', 'streams-5000'],
  'wires-1k': ['wires-1k'],
  'wires-streams': ['wires-streams'],
  wires: wireRows,
};

export const usage = `npm run bench -- overhead [options]

  --only NAMES    proxies to measure, of: ${proxyNames.join(', ')} (default: all)
  --rows NAMES    what to measure, of: ${Object.keys(rowsByWord).join(', ')} (default: all)
  --passages NAMES  of the wires, those to measure: ${passages.map(({ name }) => name).join(', ')} (default: all)
  --rounds N      rounds, interleaved over the proxies; the medians count (default: 3, with --quick 1)
  --quick         shorter windows, for a first look
  --profile       run Offpeak with --cpu-prof and print where its time went; its figures then include the profiler
  --json          print the data as JSON

NAMES are separated by commas.`;

/** How long each part of a measurement takes. */
export interface Timings {
  readonly idleMs: number;
  readonly warmUpMs: number;
  readonly wireWarmUpMs: number;
  readonly unarySettleMs: number;
  readonly unaryWindowMs: number;
  readonly latencyWindowMs: number;
  readonly streamSettleMs: number;
  readonly streamWindowMs: number;
}

const fullTimings: Timings = {
  idleMs: 1_000,
  warmUpMs: 4_000,
  wireWarmUpMs: 2_000,
  unarySettleMs: 300,
  unaryWindowMs: 1_500,
  latencyWindowMs: 3_000,
  streamSettleMs: 1_500,
  streamWindowMs: 3_000,
};

const quickTimings: Timings = {
  idleMs: 500,
  warmUpMs: 2_000,
  wireWarmUpMs: 1_000,
  unarySettleMs: 200,
  unaryWindowMs: 1_000,
  latencyWindowMs: 2_000,
  streamSettleMs: 1_000,
  streamWindowMs: 2_000,
};

export interface OverheadOptions {
  readonly only: readonly ProxyName[];
  readonly rows: ReadonlySet<Row>;
  readonly passages: readonly Passage[];
  readonly rounds: number;
  readonly profile: boolean;
  readonly timings: Timings;
}

const roundsMax = 50;

/** Undefined when the help was asked for. */
export function parseOptions(argv: readonly string[]): OverheadOptions | undefined {
  const values = flagsOf<Flags>(argv, flagOptions, usage);
  if (values.help === true) return undefined;
  const words = listed(values.rows, '--rows', Object.keys(rowsByWord));
  const rows = words.flatMap((word) => rowsByWord[word]!);
  const only = listed(values.only, '--only', proxyNames);
  const names = listed(
    values.passages,
    '--passages',
    passages.map(({ name }) => name),
  );
  const rounds = Number(values.rounds ?? (values.quick === true ? 1 : 3));
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > roundsMax) {
    throw new WrongUse(`--rounds takes a whole number from 1 to ${roundsMax}, not '${values.rounds}'`);
  }
  return {
    // No other proxy has to be there for rows that it has no part in.
    only: rows.every((row) => wireRows.includes(row)) ? ['offpeak'] : only,
    rows: new Set(rows),
    passages: passages.filter(({ name }) => names.includes(name)),
    rounds,
    profile: values.profile === true,
    timings: values.quick === true ? quickTimings : fullTimings,
  };
}

const flagOptions: ParseArgsOptionsConfig = {
  only: { type: 'string' },
  rows: { type: 'string' },
  passages: { type: 'string' },
  rounds: { type: 'string' },
  quick: { type: 'boolean' },
  profile: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

interface Flags {
  only?: string;
  rows?: string;
  passages?: string;
  rounds?: string;
  quick?: boolean;
  profile?: boolean;
  help?: boolean;
}
