import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../model/profiles.ts';
import { blockTokens, EngineLoop } from './engine-loop.ts';

const kvBlocks = 24;

const arrival = fc.record({
  atStep: fc.nat(40),
  priority: fc.integer({ min: -1, max: 2 }),
  promptTokens: fc.integer({ min: 1, max: 200 }),
  outputTokens: fc.integer({ min: 1, max: 100 }),
  family: fc.option(fc.nat(2), { nil: undefined }),
  keyedBlocks: fc.constantFrom(0, 2, 1000),
  abortAfterSteps: fc.option(fc.nat(60), { nil: undefined }),
});

const limits = fc.record({
  maxNumSeqs: fc.integer({ min: 1, max: 6 }),
  maxNumBatchedTokens: fc.integer({ min: 1, max: 96 }),
  longPrefillTokenThreshold: fc.constantFrom(5, 16, Infinity),
  prefixCache: fc.boolean(),
  asyncScheduling: fc.boolean(),
});

const policy = fc.oneof(
  fc.record({
    schedulingPolicy: fc.constantFrom('fcfs' as const, 'priority' as const),
    preemption: fc.constantFrom('vllm' as const, 'sglang' as const),
    preemptionThreshold: fc.constantFrom(0, 1),
  }),
  fc.record({
    coServing: fc.record({
      offlinePriority: fc.constantFrom(0, 1),
      stepBudgetMs: fc.constantFrom(0, 9, 10, 20),
      idleStepBudgetMs: fc.constantFrom(0, 10, Infinity),
      restoreMsPerToken: fc.constantFrom(0, 0.01),
    }),
  }),
);

describe('under any arrivals, aborts and limits', () => {
  it('every request gets exactly its tokens, limits hold in each step, and no block is lost', () => {
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 16 }), limits, policy, (arrivals, options, rules) => {
        const loop = new EngineLoop({
          costs: PROFILES['h100-8b'].costs,
          kvTokens: kvBlocks * blockTokens,
          ...options,
          ...rules,
        });
        const emitted = arrivals.map(() => 0);
        const aborted = new Set<number>();
        const stepsMax = 40_000;
        let step = 0;
        for (; step < stepsMax && (step <= 100 || loop.hasWork); step++) {
          for (const [index, { atStep, abortAfterSteps, family, ...sizes }] of arrivals.entries()) {
            if (atStep === step) {
              const blockKey =
                family === undefined
                  ? undefined
                  : (block: number) => (block < 5 ? family * 100 + block : index * 1000 + block);
              loop.add({
                id: String(index),
                arrivalMs: step,
                ...sizes,
                ...(blockKey === undefined ? {} : { blockKey }),
              });
            }
            if (abortAfterSteps !== undefined && atStep + abortAfterSteps === step) {
              loop.abort(String(index));
              if (emitted[index]! < sizes.outputTokens) aborted.add(index);
            }
          }
          const outcome = loop.step(step);
          expect(outcome.firstTokens).toEqual(outcome.emitted.filter((view) => view.generatedTokens === 1));
          expect(outcome.finished).toEqual(outcome.emitted.filter((view) => view.state === 'finished'));
          for (const view of outcome.emitted) {
            const index = Number(view.request.id);
            emitted[index]! += 1;
            expect(view.generatedTokens).toBe(emitted[index]);
            expect(aborted.has(index)).toBe(false);
          }
          expect(outcome.durationMs).toBeGreaterThan(0);
          expect(outcome.prefillTokens + outcome.decodeStreams).toBeLessThanOrEqual(options.maxNumBatchedTokens);
          expect(loop.runningRequests).toBeLessThanOrEqual(options.maxNumSeqs);
          if (loop.runningRequests === 0) expect(loop.freeBlocks).toBe(kvBlocks);
        }
        expect(step).toBeLessThan(stepsMax);
        expect(loop.freeBlocks).toBe(kvBlocks);
        for (const [index, { outputTokens }] of arrivals.entries()) {
          if (!aborted.has(index)) expect(emitted[index]).toBe(outputTokens);
        }
      }),
      { numRuns: 300 },
    );
  });
});
