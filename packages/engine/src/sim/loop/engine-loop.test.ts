import { describe, expect, it } from 'vitest';
import type { EngineLoop } from './engine-loop.ts';
import { family, ids, loopWith, request } from './testing/loops.ts';

describe('a step', () => {
  it('prefills, emits the first token at the end of the prefill, and then one token per step', () => {
    const loop = loopWith();
    loop.add(request('a', { outputTokens: 3 }));
    const first = loop.step(100);
    expect(first).toMatchObject({ startMs: 100, prefillTokens: 32, decodeStreams: 0 });
    expect(ids(first.emitted)).toEqual(['a']);
    expect(loop.step(110)).toMatchObject({ prefillTokens: 0, decodeStreams: 1 });
    const last = loop.step(120);
    expect(ids(last.finished)).toEqual(['a']);
    expect(loop.hasWork).toBe(false);
    expect(loop.freeBlocks).toBe(loop.kvBlocks);
  });

  it('cuts a prompt into chunks of what the budget leaves, decodes first', () => {
    const loop = loopWith();
    loop.add(request('a', { promptTokens: 16, outputTokens: 50 }));
    loop.step(0);
    loop.add(request('b', { promptTokens: 100 }));
    expect(loop.step(0)).toMatchObject({ prefillTokens: 63, decodeStreams: 1 });
    expect(loop.step(0)).toMatchObject({ prefillTokens: 37, decodeStreams: 1 });
    expect(ids(loop.step(0).emitted)).toEqual(['a', 'b']);
  });

  it('keeps a long prompt to its threshold, so that others fit beside it', () => {
    const loop = loopWith({ longPrefillTokenThreshold: 24 });
    loop.add(request('long', { promptTokens: 100, outputTokens: 1 }));
    loop.add(request('short', { promptTokens: 20, outputTokens: 1 }));
    const step = loop.step(0);
    expect(step.prefillTokens).toBe(24 + 20);
    expect(ids(step.emitted)).toEqual(['short']);
  });

  it('takes a running prefill before a more urgent request that waits', () => {
    const loop = loopWith();
    loop.add(request('flex', { priority: 10, promptTokens: 128 }));
    loop.step(0);
    loop.add(request('urgent', { priority: -1 }));
    expect(ids(loop.step(0).emitted)).toEqual(['flex']);
    expect(ids(loop.step(0).emitted)).toEqual(['flex', 'urgent']);
  });
});

describe('waiting', () => {
  it('is left by priority and then arrival', () => {
    const loop = loopWith({ maxNumSeqs: 1 });
    loop.add(request('late', { arrivalMs: 2, outputTokens: 1 }));
    loop.add(request('flex', { priority: 5, arrivalMs: 0, outputTokens: 1 }));
    loop.add(request('early', { arrivalMs: 1, outputTokens: 1 }));
    loop.add(request('urgent', { priority: -5, arrivalMs: 3, outputTokens: 1 }));
    const order = [0, 1, 2, 3].flatMap((at) => ids(loop.step(at).finished));
    expect(order).toEqual(['urgent', 'early', 'late', 'flex']);
  });

  it('stops at the first request that does not fit, even where a later one would', () => {
    const loop = loopWith({ kvTokens: 16 * 6 });
    loop.add(request('running', { promptTokens: 60, outputTokens: 4 }));
    loop.step(0);
    loop.add(request('large', { promptTokens: 60, arrivalMs: 1 }));
    loop.add(request('small', { promptTokens: 8, arrivalMs: 2 }));
    expect(ids(loop.step(0).emitted)).toEqual(['running']);
    expect(loop.waitingRequests).toBe(2);
  });

  it('never takes the place of a running request, however urgent', () => {
    const loop = loopWith({ maxNumSeqs: 1 });
    loop.add(request('flex', { priority: 100, outputTokens: 10 }));
    loop.step(0);
    loop.add(request('urgent', { priority: -100 }));
    const step = loop.step(0);
    expect(step.preempted).toEqual([]);
    expect(ids(step.emitted)).toEqual(['flex']);
  });
});

describe('first come, first served', () => {
  it('looks at no priority, neither in the queue nor for a victim', () => {
    const loop = loopWith({ kvTokens: 16 * 4, maxNumSeqs: 2, schedulingPolicy: 'fcfs' });
    loop.add(request('first', { promptTokens: 31, outputTokens: 20, priority: 9, arrivalMs: 5 }));
    loop.add(request('second', { promptTokens: 31, outputTokens: 20, priority: 5, arrivalMs: 1 }));
    loop.add(request('third', { promptTokens: 1, priority: 0, arrivalMs: 0 }));
    expect(ids(loop.step(0).emitted)).toEqual(['first', 'second']);
    loop.step(0);
    expect(ids(loop.step(0).preempted)).toEqual(['second']);
  });
});

describe('preemption', () => {
  /** Two requests of two blocks each in four blocks; both need a third one when they pass 32 tokens. */
  function crowded(priorities: readonly [number, number]): EngineLoop {
    const loop = loopWith({ kvTokens: 16 * 4 });
    loop.add(request('a', { promptTokens: 31, outputTokens: 20, priority: priorities[0] }));
    loop.add(request('b', { promptTokens: 31, outputTokens: 20, priority: priorities[1], arrivalMs: 1 }));
    loop.step(0);
    loop.step(0);
    return loop;
  }

  it('falls on the latest where priorities are equal', () => {
    const loop = crowded([0, 0]);
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['b']);
    expect(ids(step.emitted)).toEqual(['a']);
    expect(loop.waitingRequests).toBe(1);
    expect(loop.counters.preemptions).toBe(1);
  });

  it('falls on the least urgent, though it came first', () => {
    const loop = crowded([1, 0]);
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['a']);
    expect(ids(step.emitted)).toEqual(['b']);
  });

  it('of the very request that asked ends the round, so nobody behind it is served', () => {
    const loop = loopWith({ kvTokens: 16 * 5 });
    loop.add(request('flex', { promptTokens: 47, outputTokens: 20, priority: 1 }));
    loop.step(0);
    loop.add(request('urgent', { promptTokens: 31, outputTokens: 20, priority: 0 }));
    expect(ids(loop.step(0).emitted)).toEqual(['flex', 'urgent']);
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['flex']);
    expect(step.emitted).toEqual([]);
    expect(ids(loop.step(0).emitted)).toEqual(['urgent']);
  });

  it('computes everything again and still emits every token once', () => {
    const loop = crowded([0, 0]);
    const counts = new Map([
      ['a', 2],
      ['b', 2],
    ]);
    let recomputed = 0;
    for (let step = 0; loop.hasWork && step < 200; step++) {
      const outcome = loop.step(step);
      recomputed += outcome.prefillTokens;
      for (const id of ids(outcome.emitted)) counts.set(id, counts.get(id)! + 1);
    }
    expect(Object.fromEntries(counts)).toEqual({ a: 20, b: 20 });
    expect(recomputed).toBeGreaterThanOrEqual(33);
    expect(loop.freeBlocks).toBe(loop.kvBlocks);
  });

  it('admits nobody in its own step', () => {
    const loop = crowded([0, 0]);
    loop.add(request('urgent', { priority: -9, promptTokens: 1, arrivalMs: 2 }));
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['b']);
    expect(ids(step.emitted)).toEqual(['a']);
    expect(ids(loop.step(0).emitted)).toEqual(['a', 'urgent']);
  });
});

describe('the prefix cache', () => {
  it('saves whole blocks of a prompt that came before, and says how many tokens', () => {
    const loop = loopWith({ maxNumBatchedTokens: 1000 });
    loop.add(request('first', { promptTokens: 100, outputTokens: 1, blockKey: family(1, 4, 1) }));
    loop.step(0);
    const second = loop.add(request('second', { promptTokens: 100, blockKey: family(1, 4, 2) }));
    expect(loop.step(0).prefillTokens).toBe(100 - 64);
    expect(second.cachedTokens).toBe(64);
    expect(loop.counters).toMatchObject({ prefixQueryTokens: 200, prefixHitTokens: 64 });
  });

  it('asks for no more keys than a request has', () => {
    const loop = loopWith({ maxNumBatchedTokens: 1000 });
    const asked: number[] = [];
    const blockKey = (index: number): number => asked.push(index);
    loop.add(request('partly named', { promptTokens: 100, outputTokens: 30, keyedBlocks: 2, blockKey }));
    while (loop.hasWork) loop.step(0);
    expect(new Set(asked)).toEqual(new Set([0, 1]));
    loop.add(request('again', { promptTokens: 100, keyedBlocks: 2, blockKey: (index) => index + 1 }));
    expect(loop.step(0).prefillTokens).toBe(100);
  });

  it('always computes the last token, to emit from it', () => {
    const loop = loopWith({ maxNumBatchedTokens: 1000 });
    for (const id of ['first', 'again']) {
      loop.add(request(id, { promptTokens: 64, outputTokens: 1, blockKey: family(1, 9, 0) }));
      expect(loop.step(0).prefillTokens).toBe(id === 'first' ? 64 : 16);
    }
  });

  it('is not used by requests without keys, nor where it is off', () => {
    const loop = loopWith();
    for (const id of ['a', 'b']) {
      loop.add(request(id, { outputTokens: 1 }));
      expect(loop.step(0).prefillTokens).toBe(32);
    }
    const off = loopWith({ prefixCache: false });
    for (const id of ['a', 'b']) {
      off.add(request(id, { outputTokens: 1, blockKey: family(1, 9, 0) }));
      expect(off.step(0).prefillTokens).toBe(32);
    }
  });

  it('brings back what an answer computed, when it is continued elsewhere as a prompt', () => {
    const loop = loopWith({ maxNumBatchedTokens: 1000 });
    loop.add(request('evicted', { promptTokens: 40, outputTokens: 100, blockKey: family(1, 99, 0) }));
    for (let step = 0; step < 60; step++) loop.step(step);
    loop.abort('evicted');
    const resumed = loop.add(
      request('resumed', { promptTokens: 40 + 60, outputTokens: 40, blockKey: family(1, 99, 0) }),
    );
    loop.step(60);
    expect(resumed.cachedTokens).toBe(96);
  });
});

describe('a step that says who is new', () => {
  it('lists first tokens apart, once per request', () => {
    const loop = loopWith();
    loop.add(request('a'));
    expect(ids(loop.step(0).firstTokens)).toEqual(['a']);
    loop.add(request('b'));
    const step = loop.step(0);
    expect(ids(step.emitted)).toEqual(['a', 'b']);
    expect(ids(step.firstTokens)).toEqual(['b']);
    expect(step.contextTokens).toBe(32);
    expect(loop.step(0).firstTokens).toEqual([]);
  });
});

describe('abort', () => {
  it('frees blocks at the next step', () => {
    const loop = loopWith();
    loop.add(request('a'));
    loop.step(0);
    const free = loop.freeBlocks;
    loop.abort('a');
    expect(loop.freeBlocks).toBe(free);
    loop.step(0);
    expect(loop.freeBlocks).toBe(loop.kvBlocks);
    expect(loop.hasWork).toBe(false);
  });

  it('takes a waiting request out at once, and ignores what it does not know', () => {
    const loop = loopWith();
    loop.add(request('a'));
    loop.abort('a');
    loop.abort('a');
    loop.abort('nobody');
    expect(loop.hasWork).toBe(false);
  });
});

describe('a request that could never run', () => {
  it('is a mistake of the caller', () => {
    const loop = loopWith();
    expect(() => loop.add(request('a', { promptTokens: 1600, outputTokens: 1 }))).toThrow('larger than the KV cache');
    expect(() => loop.add(request('a', { outputTokens: 0 }))).toThrow('at least one token');
    loop.add(request('a'));
    expect(() => loop.add(request('a'))).toThrow('already in the loop');
  });
});
