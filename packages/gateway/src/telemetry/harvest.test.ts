import type { WorkCosts } from '@offpeak/core';
import { expect, test } from 'vitest';
import { EngineWork } from '../upstreams/engine-work.ts';
import { RunWork } from '../upstreams/run-work.ts';
import { harvestRatio } from './harvest.ts';

/** Steps of 10 ms without work, 50 ms at most: four fifths of the time are left for work. */
const COSTS: WorkCosts = { tokenMs: 1, contextTokenMs: 0.01, promptTokenMs: 0.1, promptMs: -5, workShare: 0.8 };

const START = 1_000_000;
const END: number = START + 60_000;
/** A span has just begun. */
const LOOKED_BACK_MS = 55_000;

function worked(): EngineWork {
  const work = new EngineWork();
  work.begin(START);
  return work;
}

test('flex and batch against what the others left', () => {
  const work = worked();
  // Reading takes 0.1 * 1000 - 5 = 95 ms, writing 100 * (1 + 0.01 * 1050) = 1150 ms.
  const interactive = new RunWork(work, false, 1_000, 0);
  interactive.prompted(END - 10_000);
  interactive.reached(40, END - 5_000);
  interactive.reached(100, END);
  const flex = new RunWork(work, true, 1_000, 0);
  flex.prompted(END - 10_000);
  flex.reached(100, END);
  expect(harvestRatio(COSTS, work.lastMinute(END))).toBeCloseTo(1_245 / (0.8 * LOOKED_BACK_MS - 1_245), 3);
});

test('nothing without flex, and no number where nothing is left', () => {
  const work = worked();
  expect(harvestRatio(COSTS, work.lastMinute(END))).toBe(0);
  work.wrote(false, 60_000, 0, END);
  expect(harvestRatio(COSTS, work.lastMinute(END))).toBeNull();
});

test('never more than everything, and never less than nothing', () => {
  const work = worked();
  work.wrote(true, 90_000, 0, END);
  expect(harvestRatio(COSTS, work.lastMinute(END))).toBe(1);
  const short = worked();
  // Prompts this short ride along for nothing.
  for (let index = 0; index < 100; index += 1) short.prompt(true, 10, END);
  expect(harvestRatio(COSTS, short.lastMinute(END))).toBe(0);
});
