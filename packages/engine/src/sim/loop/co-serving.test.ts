import { describe, expect, it } from 'vitest';
import { PROFILES } from '../model/profiles.ts';
import type { CoServingOptions, EngineLoopOptions } from './contract.ts';
import type { EngineLoop } from './engine-loop.ts';
import { ids, loopWith, request } from './testing/loops.ts';

/** A decode step of the profile takes 8.3 ms and a bit, 64 prefill tokens one more. */
const generousMs = 20;
const tightMs = 8.45;

function oracle(rules: Partial<CoServingOptions> = {}, options: Partial<EngineLoopOptions> = {}): EngineLoop {
  return loopWith({ coServing: { offlinePriority: 10, stepBudgetMs: generousMs, ...rules }, ...options });
}

const offline = { priority: 10, outputTokens: 40 };

describe('what interactive requests leave', () => {
  it('is filled with offline decodes first and then with offline prefill', () => {
    const loop = oracle();
    loop.add(request('offline a', offline));
    loop.step(0);
    loop.add(request('online'));
    loop.add(request('offline b', { ...offline, promptTokens: 100 }));
    const step = loop.step(0);
    expect(ids(step.emitted)).toEqual(['offline a', 'online']);
    expect(step.prefillTokens).toBe(63);
    expect(loop.step(0)).toMatchObject({ decodeStreams: 2, prefillTokens: 62 });
  });

  it('is not filled beyond the time of a step', () => {
    const loop = oracle({ stepBudgetMs: tightMs });
    for (let index = 0; index < 6; index++) loop.add(request(`offline ${index}`, { ...offline, promptTokens: 10 }));
    expect(loop.step(0).emitted).toHaveLength(6);
    loop.add(request('online', { outputTokens: 30 }));
    // Its prefill alone takes longer.
    expect(ids(loop.step(0).emitted)).toEqual(['online']);
    let [fewest, most] = [Infinity, 0];
    for (let index = 0; index < 20; index++) {
      const step = loop.step(0);
      expect(step.durationMs).toBeLessThanOrEqual(tightMs);
      fewest = Math.min(fewest, step.decodeStreams);
      most = Math.max(most, step.decodeStreams);
    }
    expect(fewest).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(7);
  });

  it('takes prefill in whatever chunk the time allows', () => {
    const budgetMs = 9.5;
    const loop = oracle({ stepBudgetMs: budgetMs }, { maxNumBatchedTokens: 2048 });
    loop.add(request('online', { outputTokens: 30 }));
    loop.step(0);
    loop.add(request('offline', { ...offline, promptTokens: 900 }));
    const step = loop.step(0);
    expect(step.prefillTokens).toBeGreaterThan(0);
    expect(step.durationMs).toBeLessThanOrEqual(budgetMs);
    expect(step.durationMs).toBeGreaterThan(budgetMs - 0.05);
  });

  it('is everything while there are none, whatever the step takes', () => {
    const loop = oracle({ stepBudgetMs: 0 }, { maxNumBatchedTokens: 512 });
    loop.add(request('offline', { ...offline, promptTokens: 900 }));
    expect(loop.step(0).prefillTokens).toBe(512);
    const bounded = oracle({ idleStepBudgetMs: 0 }, { maxNumBatchedTokens: 512 });
    bounded.add(request('offline', { ...offline, promptTokens: 900 }));
    expect(bounded.step(0).prefillTokens).toBe(1);
  });
});

describe('an interactive request that finds no room', () => {
  it('takes the slot of the newest offline one, which goes on later without computing anything again', () => {
    const loop = oracle({}, { maxNumSeqs: 2 });
    loop.add(request('offline a', offline));
    loop.add(request('offline b', { ...offline, arrivalMs: 1 }));
    for (let index = 0; index < 5; index++) loop.step(0);
    loop.add(request('online', { outputTokens: 2 }));
    const step = loop.step(0);
    expect(ids(step.preempted)).toEqual(['offline b']);
    expect(ids(step.firstTokens)).toEqual(['online']);
    expect(ids(loop.step(0).finished)).toEqual(['online']);
    expect(loop.step(0)).toMatchObject({ prefillTokens: 0, decodeStreams: 2 });
    expect(loop.counters.preemptions).toBe(1);
  });

  it('takes blocks as well, when it is admitted and while it runs', () => {
    const loop = oracle({}, { kvTokens: 16 * 6 });
    loop.add(request('offline', { ...offline, promptTokens: 60, outputTokens: 20 }));
    loop.step(0);
    loop.add(request('online', { promptTokens: 31, outputTokens: 20 }));
    expect(ids(loop.step(0).emitted)).toEqual(['offline', 'online']);
    let preempted: string[] = [];
    while (preempted.length === 0) preempted = ids(loop.step(0).preempted);
    expect(preempted).toEqual(['offline']);
    loop.add(request('large', { promptTokens: 60, outputTokens: 1, arrivalMs: 3 }));
    expect(ids(loop.step(0).emitted)).toContain('online');
  });

  it('pays for what comes back, where that is not free', () => {
    const restoreMsPerToken = 0.5;
    const loop = oracle({ restoreMsPerToken }, { maxNumSeqs: 1 });
    loop.add(request('offline', offline));
    loop.step(0);
    const plainMs = loop.step(0).durationMs;
    loop.add(request('online', { outputTokens: 1 }));
    loop.step(0);
    const { costs } = PROFILES['h100-8b'];
    if (costs.form !== 'closed') throw new Error(costs.form);
    expect(loop.step(0).durationMs).toBeCloseTo(plainMs + 33 * restoreMsPerToken + costs.contextTokenMs, 6);
    expect(loop.step(0).durationMs).toBeLessThan(plainMs + 1);
  });
});

describe('an oracle', () => {
  it('does not go with what contradicts it', () => {
    expect(() => oracle({}, { schedulingPolicy: 'fcfs' })).toThrow('fcfs');
    expect(() => oracle({}, { preemption: 'sglang' })).toThrow('sglang');
  });
});
