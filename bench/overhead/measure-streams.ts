import { treeCpuUs, treeResidentKb } from '../lib/process-usage.ts';
import { quantileOfSorted } from '../lib/stats.ts';
import { idleCpuShare } from './idle.ts';
import { StreamLoad } from './load/stream-load.ts';
import type { Target } from './load/target.ts';
import type { Timings } from './options.ts';
import type { Upstream } from './upstream/control.ts';

export interface StreamCell {
  readonly streams: number;
  readonly tokensPerSecond: number;
}

export const streamCells = {
  'streams-500': { streams: 500, tokensPerSecond: 50 },
  'streams-5000': { streams: 5_000, tokensPerSecond: 5 },
} as const satisfies Record<string, StreamCell>;

export interface StreamFigures {
  /** NaN for the upstream itself, as is the memory. */
  readonly cpuUsPerChunk: number;
  readonly memoryKbPerStream: number;
  readonly delayP99Us: number;
  /** Chunks that arrived, as a share of those due at the set pace. */
  readonly deliveredShare: number;
  /** How much of its core the proxy used. */
  readonly busyShare: number;
  /** Every stream was read to its end after the upstream had finished it. */
  readonly complete: boolean;
}

const warmUpStreams = 50;
const openTimeoutMs = 60_000;
const drainTimeoutMs = 5_000;

const behindBelowShare = 0.97;
const saturatedFromShare = 0.97;

/**
 * Opens all streams, lets them settle, and counts over a window in which all are open. The target is freshly started, so
 * that memory which earlier loads left behind does not hide what the streams take.
 */
export async function measureStreams(
  target: Target,
  upstream: Upstream,
  { streams, tokensPerSecond }: StreamCell,
  timings: Timings,
): Promise<StreamFigures> {
  await upstream.setPace(tokensPerSecond);
  await openAndFinish(target, upstream, warmUpStreams);
  const cpuUs = (): number => (target.pid === undefined ? Number.NaN : treeCpuUs(target.pid));
  const residentKb = (): number => (target.pid === undefined ? Number.NaN : treeResidentKb(target.pid));

  const idleShare = await idleCpuShare(target, timings.idleMs);
  const residentBeforeKb = residentKb();
  const load = new StreamLoad(target);
  try {
    await load.open(streams, openTimeoutMs);
    await load.runFor(timings.streamSettleMs);
    load.startTiming();
    const before = { cpuUs: cpuUs(), tokens: load.tokens, atMs: performance.now() };
    await load.runFor(timings.streamWindowMs);
    const windowUs = (performance.now() - before.atMs) * 1000;
    const spentUs = cpuUs() - before.cpuUs;
    const tokens = load.tokens - before.tokens;
    const delaysUs = load.takeDelaysUs();
    const memoryKbPerStream = (residentKb() - residentBeforeKb) / streams;
    await upstream.finishStreams();
    return {
      cpuUsPerChunk: (spentUs - idleShare * windowUs) / tokens,
      memoryKbPerStream,
      delayP99Us: quantileOfSorted(delaysUs, 0.99),
      deliveredShare: tokens / ((streams * tokensPerSecond * windowUs) / 1_000_000),
      busyShare: spentUs / windowUs,
      complete: await load.drain(drainTimeoutMs),
    };
  } finally {
    load.close();
  }
}

/** What a reader has to know before trusting the figures. */
export function noteDoubts(notes: Set<string>, name: string, row: string, figures: StreamFigures): void {
  if (figures.busyShare >= saturatedFromShare) {
    notes.add(`${name} had its core saturated at ${row}: reads coalesce there, so its true cost per chunk is higher`);
  } else if (figures.deliveredShare < behindBelowShare) {
    const share = Math.round(figures.deliveredShare * 100);
    notes.add(`${row} ${name}: only ${share}% of the chunks due came, though its core was not saturated`);
  }
  if (!figures.complete) notes.add(`${row} ${name}: some streams were not ended within 5 s of the upstream's end`);
}

async function openAndFinish(target: Target, upstream: Upstream, streams: number): Promise<void> {
  const load = new StreamLoad(target);
  try {
    await load.open(streams, openTimeoutMs);
    await load.runFor(300);
    await upstream.finishStreams();
    await load.drain(drainTimeoutMs);
  } finally {
    load.close();
  }
}
