import type { Sequence } from './sequence.ts';
import type { StepPlanner, StepState } from './step-state.ts';

/** Makes room for a waiting request that could not be admitted. False where it must wait. */
export type MakeRoom = (state: StepState, sequence: Sequence) => boolean;

/**
 * vLLM V1: a step serves running requests first, in the order in which they were admitted, and then admits waiting ones by
 * urgency until one does not fit. Running out of blocks preempts the least urgent running request; without
 * `makeRoom` a waiting request never preempts. A step in which a running request preempted admits nobody.
 */
export function vllmPlanner(makeRoom?: MakeRoom): StepPlanner {
  return (state) => {
    scheduleRunning(state);
    if (state.preempted.length === 0) admitWaiting(state, makeRoom);
  };
}

function scheduleRunning(state: StepState): void {
  const { running } = state;
  for (let index = 0; index < running.length && state.budget > 0; index++) {
    const sequence = running[index]!;
    // Nearly all of them, nearly always: one more token of an answer, in a block that is there.
    if (sequence.computedTokens < sequence.quietTokens && sequence.remainingTokens === 1) {
      sequence.scheduledTokens = 1;
      state.budget--;
    } else {
      index = state.schedule(index);
      if (index < 0) return;
    }
  }
}

function admitWaiting(state: StepState, makeRoom: MakeRoom | undefined): void {
  const { waiting, chunkMax } = state;
  while (state.budget > 0) {
    const sequence = waiting.peek();
    if (sequence === undefined) return;
    if (state.admit(sequence, chunkMax)) continue;
    if (makeRoom === undefined || !makeRoom(state, sequence) || !state.admit(sequence, chunkMax)) return;
  }
}
