import { describe, expect, it } from 'vitest';
import type { EngineLoopOptions } from './contract.ts';
import type { EngineLoop } from './engine-loop.ts';
import { ids, loopWith, request } from './testing/loops.ts';

function ahead(options: Partial<EngineLoopOptions> = {}): EngineLoop {
  return loopWith({ asyncScheduling: true, ...options });
}

describe('a step that is put together while the one before runs', () => {
  it('starts at once in an idle engine', () => {
    const loop = ahead();
    loop.add(request('a', { outputTokens: 1 }));
    expect(ids(loop.step(0).finished)).toEqual(['a']);
    expect(loop.hasWork).toBe(false);
    expect(loop.freeBlocks).toBe(loop.kvBlocks);
    loop.add(request('b', { outputTokens: 1 }));
    expect(ids(loop.step(0).finished)).toEqual(['b']);
  });

  it('has no arrivals of the running one: they wait for one step more', () => {
    const loop = ahead();
    loop.add(request('a', { outputTokens: 9 }));
    loop.step(0);
    loop.add(request('b'));
    expect(loop.waitingRequests).toBe(1);
    expect(ids(loop.step(0).emitted)).toEqual(['a']);
    expect(ids(loop.step(0).emitted)).toEqual(['a', 'b']);
  });

  it('does not have the slot and the blocks of one that finishes in the running one', () => {
    const loop = ahead({ maxNumSeqs: 2 });
    loop.add(request('a', { outputTokens: 1 }));
    loop.add(request('b', { outputTokens: 9, promptTokens: 16 }));
    loop.add(request('c', { arrivalMs: 1 }));
    expect(ids(loop.step(0).finished)).toEqual(['a']);
    expect(loop.runningRequests).toBe(1);
    expect(loop.kvBlocks - loop.freeBlocks).toBe(2 + 1);
    expect(ids(loop.step(0).emitted)).toEqual(['b']);
    expect(ids(loop.step(0).emitted)).toEqual(['b', 'c']);
  });

  it('forgets an arrival that is aborted before it was queued', () => {
    const loop = ahead();
    loop.add(request('a', { outputTokens: 9 }));
    loop.step(0);
    loop.add(request('b'));
    loop.add(request('c'));
    loop.abort('b');
    loop.step(0);
    expect(ids(loop.step(0).emitted)).toEqual(['a', 'c']);
  });
});
