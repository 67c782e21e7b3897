import { setTimeout as sleep } from 'node:timers/promises';
import { treeCpuUs } from '../lib/process-usage.ts';
import type { Target } from './load/target.ts';

/** A process under no load is taken as settled below this share of its core, or after the longest wait. */
const settledShare = 0.02;
const settleSliceMs = 200;
const settleMsMax = 4_000;

/**
 * The share of its core that a target uses while nothing is asked of it. Garbage collection and closing connections go on
 * for a while after a load, so it is first given the time to come to rest.
 */
export async function idleCpuShare(target: Target, idleMs: number): Promise<number> {
  const { pid } = target;
  if (pid === undefined) return 0;
  const shareOver = async (durationMs: number): Promise<number> => {
    const fromMs = performance.now();
    const fromUs = treeCpuUs(pid);
    await sleep(durationMs);
    return (treeCpuUs(pid) - fromUs) / ((performance.now() - fromMs) * 1000);
  };
  const giveUpMs = performance.now() + settleMsMax;
  while ((await shareOver(settleSliceMs)) > settledShare && performance.now() < giveUpMs);
  return shareOver(idleMs);
}
