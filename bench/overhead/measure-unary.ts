import { treeCpuUs } from '../lib/process-usage.ts';
import { quantileOfSorted } from '../lib/stats.ts';
import { ClosedLoad } from './load/closed-loop.ts';
import { openLoopLatenciesUs } from './load/open-loop.ts';
import type { ProcessTarget, Target } from './load/target.ts';
import type { Timings } from './options.ts';

export const connections = 16;
const latencyRequestsPerSecond = 500;

export const unaryBodyBytes = { 'unary-1k': 1_024, 'unary-32k': 32 * 1_024, 'unary-1m': 1_024 * 1_024 } as const;

/** Lets just-in-time compilers see every size before anything is counted. */
export async function warmUp(proxy: Target, timings: Timings): Promise<void> {
  const load = new ClosedLoad(proxy, { bodyBytes: unaryBodyBytes['unary-1k'], connections });
  await load.runFor(timings.warmUpMs).finally(() => {
    load.stop();
  });
  for (const bodyBytes of [unaryBodyBytes['unary-32k'], unaryBodyBytes['unary-1m']]) {
    const large = new ClosedLoad(proxy, { bodyBytes, connections });
    await large.runFor(timings.unarySettleMs).finally(() => {
      large.stop();
    });
  }
}

/** CPU microseconds per request, without what the process spends when nothing happens. */
export async function cpuUsPerRequest(
  proxy: ProcessTarget,
  { bodyBytes, idleCpuShare, timings }: { bodyBytes: number; idleCpuShare: number; timings: Timings },
): Promise<number> {
  const load = new ClosedLoad(proxy, { bodyBytes, connections });
  try {
    await load.runFor(timings.unarySettleMs);
    const before = { cpuUs: treeCpuUs(proxy.pid), answered: load.answered, atMs: performance.now() };
    await load.runFor(timings.unaryWindowMs);
    const windowUs = (performance.now() - before.atMs) * 1000;
    const cpuUs = treeCpuUs(proxy.pid) - before.cpuUs - idleCpuShare * windowUs;
    const answered = load.answered - before.answered;
    if (answered === 0) throw new Error(`${proxy.name} answered nothing in ${timings.unaryWindowMs} ms`);
    return cpuUs / answered;
  } finally {
    load.stop();
  }
}

export interface Latency {
  readonly p50Us: number;
  readonly p99Us: number;
}

export async function latencyAtFixedRate(target: Target, timings: Timings): Promise<Latency> {
  const latenciesUs = await openLoopLatenciesUs(target, {
    bodyBytes: unaryBodyBytes['unary-1k'],
    requestsPerSecond: latencyRequestsPerSecond,
    warmUpMs: 500,
    windowMs: timings.latencyWindowMs,
  });
  return { p50Us: quantileOfSorted(latenciesUs, 0.5), p99Us: quantileOfSorted(latenciesUs, 0.99) };
}
