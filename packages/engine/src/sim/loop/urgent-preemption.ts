import { compareUrgency } from './sequence.ts';
import type { Sequence } from './sequence.ts';
import type { MakeRoom } from './vllm-planner.ts';

/**
 * SGLang's priority scheduling: a waiting request takes the place of running ones that are less urgent by more than
 * `threshold`, least urgent first, if what those hold is enough for its whole prompt. What they had computed stays
 * in the prefix cache, where there is one.
 */
export function preemptLessUrgent(threshold: number): MakeRoom {
  return (state, sequence) => {
    const { kv, running } = state;
    const candidates: Sequence[] = [];
    for (const other of running) if (other.priority - sequence.priority > threshold) candidates.push(other);
    if (candidates.length === 0) return false;
    candidates.sort((a, b) => compareUrgency(b, a));
    kv.findPrefix(sequence);
    let missingBlocks = kv.neededWithPrefix(sequence.tokens) - kv.freeBlocks;
    let missingSlots = state.hasSlot ? 0 : 1;
    let victims = 0;
    for (; victims < candidates.length && (missingBlocks > 0 || missingSlots > 0); victims++) {
      missingBlocks -= kv.ownBlocks(candidates[victims]!);
      missingSlots--;
    }
    if (missingBlocks > 0 || missingSlots > 0) return false;
    for (const victim of candidates.slice(0, victims)) state.preempt(running.indexOf(victim));
    return victims > 0;
  };
}
