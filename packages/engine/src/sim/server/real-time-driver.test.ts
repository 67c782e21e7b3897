import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineLoop } from '../loop/engine-loop.ts';
import { RealTimeDriver } from './real-time-driver.ts';

/** Every step takes 10 ms of model time, whatever is in it. */
const stepMs = 10;

function newLoop(): EngineLoop {
  return new EngineLoop({
    costs: {
      form: 'closed',
      fixedMs: stepMs,
      weightsMs: 0,
      perTokenMs: 0,
      blend: 1,
      attentionPairMs: 0,
      contextTokenMs: 0,
      perStreamMs: 0,
    },
    kvTokens: 1600,
    maxNumSeqs: 4,
    maxNumBatchedTokens: 64,
    longPrefillTokenThreshold: Infinity,
    prefixCache: false,
  });
}

function request(id: string, arrivalMs: number, outputTokens = 5) {
  return { id, priority: 0, arrivalMs, promptTokens: 8, outputTokens };
}

/** A wall clock that the test moves apart from the timers, to make them late. */
class LooseClock {
  aheadMs = 0;
  nowMs(): number {
    return performance.now() + this.aheadMs;
  }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('RealTimeDriver', () => {
  it('tells each token when its step has ended, on the scaled clock', () => {
    const driver = new RealTimeDriver(newLoop(), new LooseClock(), 2);
    const told: number[] = [];
    driver.submit(request('a', 0), (atMs) => told.push(atMs));
    vi.advanceTimersByTime(4);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([10]);
    vi.advanceTimersByTime(10);
    expect(told).toEqual([10, 20, 30]);
  });

  it('catches up on late timers at once, and the tokens keep their times', () => {
    const clock = new LooseClock();
    const driver = new RealTimeDriver(newLoop(), clock, 1);
    const told: number[] = [];
    driver.submit(request('a', 0, 6), (atMs) => told.push(atMs));
    vi.advanceTimersByTime(1);
    clock.aheadMs = 33;
    expect(driver.lagMs()).toBeCloseTo(24, 6);
    vi.advanceTimersByTime(9);
    expect(told).toEqual([10, 20, 30, 40]);
    expect(driver.lagMs()).toBe(0);
    vi.advanceTimersByTime(7);
    expect(told).toEqual([10, 20, 30, 40, 50]);
  });

  it('begins a step for a newcomer when the one under way ends', () => {
    const driver = new RealTimeDriver(newLoop(), new LooseClock(), 1);
    const told: string[] = [];
    driver.submit(request('a', 0), (atMs) => told.push(`a${atMs}`));
    vi.advanceTimersByTime(4);
    driver.submit(request('b', driver.nowMs()), (atMs) => told.push(`b${atMs}`));
    vi.advanceTimersByTime(16);
    expect(told).toEqual(['a10', 'a20', 'b20']);
  });

  it('starts from the present after it was idle', () => {
    const driver = new RealTimeDriver(newLoop(), new LooseClock(), 1);
    const told: number[] = [];
    driver.submit(request('a', 0, 1), (atMs) => told.push(atMs));
    vi.advanceTimersByTime(100);
    driver.submit(request('b', driver.nowMs(), 1), (atMs) => told.push(atMs));
    vi.advanceTimersByTime(10);
    expect(told).toEqual([10, 110]);
  });

  it('does not wait at infinite speed, and lets the event loop turn between steps', () => {
    const driver = new RealTimeDriver(newLoop(), new LooseClock(), Infinity);
    const timeout = vi.spyOn(globalThis, 'setTimeout');
    const told: number[] = [];
    driver.submit(request('a', 0, 3), (atMs) => told.push(atMs));
    expect(told).toEqual([]);
    vi.runAllTimers();
    expect(told).toEqual([10, 20, 30]);
    expect(timeout).not.toHaveBeenCalled();
  });

  it('tells nothing of a request after its abort, nor of any after close', () => {
    const loop = newLoop();
    const driver = new RealTimeDriver(loop, new LooseClock(), 1);
    const told: string[] = [];
    driver.submit(request('a', 0), (atMs) => told.push(`a${atMs}`));
    driver.submit(request('b', 0), (atMs) => told.push(`b${atMs}`));
    vi.advanceTimersByTime(15);
    driver.abort('a');
    vi.advanceTimersByTime(15);
    expect(told).toEqual(['a10', 'b10', 'b20', 'b30']);
    expect(loop.runningRequests).toBe(1);
    driver.close();
    vi.advanceTimersByTime(100);
    expect(told).toHaveLength(4);
  });
});
