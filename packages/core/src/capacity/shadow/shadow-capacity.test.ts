import { expect, test } from 'vitest';
import type { Ask, EngineLoad } from '../capacity-model.ts';
import { StaticCapacity } from '../static-capacity.ts';
import { ShadowCapacity } from './shadow-capacity.ts';
import { DEFAULT_SHADOW_SETTINGS } from './shadow-settings.ts';

const EMPTY: EngineLoad = {
  slots: 0,
  flexSlots: 0,
  kvTokens: 0,
  streams: 0,
  contextTokens: 0,
  prefills: 0,
  prefillTokens: 0,
  flexPrefills: 0,
  flexPrefillTokens: 0,
};

/** Of an engine whose steps all take as long. */
function trusted(slots: number, kvTokens: number, stepMs: number): ShadowCapacity {
  const model = new ShadowCapacity(new StaticCapacity(slots, kvTokens), DEFAULT_SHADOW_SETTINGS);
  const load = { ...EMPTY, slots: 1, streams: 1 };
  for (let at = 0; !model.trusted; at += 1) {
    if (at > 1_000) throw new Error('it is never trusted');
    model.observe({ kind: 'beat', at: at * stepMs, tokens: 1, gapMs: stepMs, unseen: false }, load);
  }
  return model;
}

test('an answer is not taken to grow beyond its longest, however quick its engine', () => {
  const model = trusted(2, 2_048, 0.5);
  const ask: Ask = { tier: 'flex', promptTokens: 30, kvTokens: 630 };
  expect(model.admits(ask, EMPTY, 1_000)).toBe(true);
  const one: EngineLoad = { ...EMPTY, slots: 1, flexSlots: 1, kvTokens: 630, streams: 1, contextTokens: 40 };
  expect(model.admits(ask, one, 1_000)).toBe(true);
  expect(model.admits({ ...ask, kvTokens: 1_400 }, one, 1_000)).toBe(false);
});

test('an engine that was slow when it was last heard of is asked again', () => {
  const model = trusted(8, 100_000, 10);
  const ask: Ask = { tier: 'flex', promptTokens: 30, kvTokens: 630 };
  const standard: EngineLoad = { ...EMPTY, slots: 1, kvTokens: 100, streams: 1, contextTokens: 100 };
  let at = 100_000;
  expect(model.admits(ask, standard, at)).toBe(true);
  // A pause of the machine, not of the engine: the model takes it for an outlier, and the pace is off for a while.
  model.observe({ kind: 'beat', at, tokens: 1, gapMs: 3_000, unseen: false }, standard);
  expect(model.admits(ask, standard, at)).toBe(false);
  expect(model.admits(ask, EMPTY, at)).toBe(true);
  at += DEFAULT_SHADOW_SETTINGS.paceAgeMsMax + 1;
  expect(model.admits(ask, standard, at)).toBe(true);
});
