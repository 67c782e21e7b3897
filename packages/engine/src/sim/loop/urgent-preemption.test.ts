import { describe, expect, it } from 'vitest';
import type { EngineLoopOptions } from './contract.ts';
import type { EngineLoop } from './engine-loop.ts';
import { family, ids, loopWith, request } from './testing/loops.ts';

function sglang(options: Partial<EngineLoopOptions> = {}): EngineLoop {
  return loopWith({ preemption: 'sglang', ...options });
}

describe('a waiting request that is more urgent', () => {
  it('takes the slot of the least urgent one in the same step', () => {
    const loop = sglang({ maxNumSeqs: 2 });
    loop.add(request('flex', { priority: 20, outputTokens: 20 }));
    loop.add(request('batch', { priority: 30, outputTokens: 20 }));
    loop.step(0);
    loop.add(request('urgent', { priority: 0 }));
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['batch']);
    expect(ids(step.firstTokens)).toEqual(['urgent']);
    expect(ids(step.emitted)).toEqual(['flex', 'urgent']);
    expect(loop.waitingRequests).toBe(1);
  });

  it('waits where the gap is no more than the threshold', () => {
    const loop = sglang({ maxNumSeqs: 1 });
    loop.add(request('flex', { priority: 10, outputTokens: 20 }));
    loop.step(0);
    loop.add(request('urgent', { priority: 0 }));
    expect(ids(loop.step(0).emitted)).toEqual(['flex']);
    const closer = sglang({ maxNumSeqs: 1, preemptionThreshold: 9 });
    closer.add(request('flex', { priority: 10, outputTokens: 20 }));
    closer.step(0);
    closer.add(request('urgent', { priority: 0 }));
    expect(ids(closer.step(0).emitted)).toEqual(['urgent']);
  });

  it('takes blocks, of as few as hold enough and the newest first', () => {
    const loop = sglang({ kvTokens: 16 * 11, maxNumBatchedTokens: 200 });
    for (const [index, id] of ['old', 'middle', 'new'].entries()) {
      loop.add(request(id, { priority: 20, promptTokens: 40, arrivalMs: index }));
    }
    loop.step(0);
    loop.add(request('urgent', { promptTokens: 16 * 5 }));
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['new']);
    expect(ids(step.emitted)).toEqual(['old', 'middle', 'urgent']);
  });

  it('preempts nobody where even all of them hold too little', () => {
    const loop = sglang({ kvTokens: 16 * 6 });
    loop.add(request('equal', { priority: 0, promptTokens: 60, outputTokens: 4 }));
    loop.step(0);
    loop.add(request('flex', { priority: 20, promptTokens: 16, outputTokens: 10 }));
    loop.step(0);
    loop.add(request('urgent', { priority: 0, promptTokens: 80 }));
    const step = loop.step(0);
    expect(step.preempted).toEqual([]);
    expect(ids(step.emitted)).toEqual(['equal', 'flex']);
  });

  it('leaves what its victim had computed in the prefix cache', () => {
    const loop = sglang({ maxNumSeqs: 1 });
    loop.add(request('flex', { priority: 20, promptTokens: 48, outputTokens: 20, blockKey: family(1, 99, 0) }));
    loop.step(0);
    loop.step(0);
    loop.add(request('urgent', { outputTokens: 1 }));
    expect(ids(loop.step(0).finished)).toEqual(['urgent']);
    expect(loop.step(0).prefillTokens).toBe(50 - 48);
  });
});
