import { describe, expect, test } from 'vitest';
import type { Ask, EngineLoad } from '../capacity-model.ts';
import { AimdCapacity, DEFAULT_AIMD_LIMITS } from '../aimd-capacity.ts';
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

const FLEX: Ask = { tier: 'flex', promptTokens: 100, kvTokens: 200 };
const CHAT: Ask = { ...FLEX, tier: 'standard' };

test('of an engine that nobody knows yet, flex gets a few places and chat any', () => {
  const model = new ShadowCapacity(new StaticCapacity(64, 1e6), DEFAULT_SHADOW_SETTINGS);
  const { coldFlexMax } = DEFAULT_SHADOW_SETTINGS;
  const holding = (flexSlots: number): EngineLoad => ({ ...EMPTY, slots: flexSlots, flexSlots, streams: flexSlots });
  expect(model.admits(FLEX, holding(coldFlexMax - 1), 0)).toBe(true);
  expect(model.admits(FLEX, holding(coldFlexMax), 0)).toBe(false);
  expect(model.admits(CHAT, holding(coldFlexMax), 0)).toBe(true);
});

test('one prompt at a time for flex, and none beside an interactive one', () => {
  const model = trusted(64, 1e6, 10);
  const reading: EngineLoad = { ...EMPTY, slots: 2, streams: 1, prefills: 1, prefillTokens: 500 };
  expect(model.admits(FLEX, reading, 1_000)).toBe(false);
  expect(model.admits(CHAT, reading, 1_000)).toBe(true);
});

test('stale metrics stop flex alone, and an engine that never had any is not stale', () => {
  const model = trusted(64, 1e6, 10);
  const busy: EngineLoad = { ...EMPTY, slots: 1, streams: 1, contextTokens: 100 };
  expect(model.admits(FLEX, busy, 1e9)).toBe(true);
  model.observe({ kind: 'stats', at: 1_000, waiting: 0, running: 1, kvUsage: 0 }, busy);
  const stale = 1_001 + DEFAULT_SHADOW_SETTINGS.statsAgeMsMax;
  expect(model.admits(FLEX, busy, 1_001)).toBe(true);
  expect(model.admits(FLEX, busy, stale)).toBe(false);
  expect(model.admits(CHAT, busy, stale)).toBe(true);
});

test('a measured pace keeps flex out whether or not the model is any good', () => {
  const model = new ShadowCapacity(new StaticCapacity(256, 1e6), DEFAULT_SHADOW_SETTINGS);
  const chats: EngineLoad = { ...EMPTY, slots: 40, streams: 40, contextTokens: 40_000 };
  for (let index = 0; index < 400; index += 1) {
    // Another tenant of the machine has it every other moment.
    const gapMs = index % 2 === 0 ? 20 : 300;
    model.observe({ kind: 'beat', at: index * 100, tokens: 1, gapMs, unseen: false }, chats);
  }
  expect(model.trusted).toBe(false);
  expect(model.admits(FLEX, chats, 40_000)).toBe(false);
  expect(model.admits(CHAT, chats, 40_000)).toBe(true);
});

test('flex that has an engine to itself is not strained, however slow the engine', () => {
  const model = trusted(8, 1e6, 200);
  const flexAlone: EngineLoad = { ...EMPTY, slots: 2, flexSlots: 2, streams: 2, contextTokens: 9_000 };
  expect(model.strained(flexAlone, 1_000)).toBe(false);
});

test('trust takes no slots away from what runs', () => {
  const model = new ShadowCapacity(new AimdCapacity(Infinity), DEFAULT_SHADOW_SETTINGS);
  const many: EngineLoad = { ...EMPTY, slots: 200, streams: 200, contextTokens: 100_000 };
  for (let at = 0; at < 20_000 && !model.trusted; at += 15) {
    model.observe({ kind: 'beat', at, tokens: 1, gapMs: 15, unseen: false }, many);
  }
  expect(model.trusted).toBe(true);
  expect(model.slotsLimit).toBeGreaterThanOrEqual(200);
});

test('a model that is wrong too often is not relied upon: flex is let in by what it may come to need', () => {
  const model = new ShadowCapacity(new StaticCapacity(64, 10_000), DEFAULT_SHADOW_SETTINGS);
  const busy: EngineLoad = { ...EMPTY, slots: 2, kvTokens: 9_000, streams: 2, contextTokens: 300 };
  for (let index = 0; index < 200; index += 1) {
    model.observe({ kind: 'beat', at: index * 20, tokens: 1, gapMs: index % 2 === 0 ? 4 : 36, unseen: false }, busy);
  }
  expect(model.quality.samples).toBeGreaterThan(DEFAULT_SHADOW_SETTINGS.samplesMin);
  expect(model.trusted).toBe(false);
  expect(model.stepMs(busy)).toBeNull();
  expect(model.admits({ ...FLEX, kvTokens: 1_000 }, busy, 4_000)).toBe(true);
  expect(model.admits({ ...FLEX, kvTokens: 1_001 }, busy, 4_000)).toBe(false);
  // What is in use there now leaves room for a chat.
  expect(model.admits({ ...CHAT, kvTokens: 5_000 }, busy, 4_000)).toBe(true);
});

test('flex leaves a band of KV free, as wide as the prompts that chat was seen to bring', () => {
  const kvTokens = 100_000;
  const model = trusted(256, kvTokens, 10);
  const { kvGuardShareMin, kvGuardShareMax, kvHorizonMs } = DEFAULT_SHADOW_SETTINGS;
  const holding = (contextTokens: number): EngineLoad => ({
    ...EMPTY,
    slots: 2,
    kvTokens: 1e6,
    streams: 2,
    contextTokens,
  });
  /** The most that may be held already when one more is let in. */
  const most = (at: number): number => {
    let low = 0;
    let high = kvTokens;
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (model.admits(FLEX, holding(middle), at)) low = middle;
      else high = middle;
    }
    return low;
  };
  const growth = (3 * kvHorizonMs) / 10;
  expect(most(2_000) / (kvTokens * (1 - kvGuardShareMin) - growth - FLEX.promptTokens)).toBeCloseTo(1, 1);
  for (let index = 0; index < 20; index += 1) {
    model.observe(
      {
        kind: 'first-token',
        at: 2_000 + index,
        nth: index,
        tier: 'standard',
        ttftMs: 10,
        expectedMs: 10,
        inputTokens: 2_000,
        unclear: true,
      },
      EMPTY,
    );
  }
  expect(most(2_100) / (kvTokens * (1 - kvGuardShareMax) - growth - FLEX.promptTokens)).toBeCloseTo(1, 1);
  // Chat may use the band.
  expect(model.admits({ ...CHAT, promptTokens: 2_000 }, holding(97_000), 2_100)).toBe(true);
});

test('flex gives way where steps come near the limit, or the engine is nearly out of KV', () => {
  const model = new ShadowCapacity(new StaticCapacity(256, 100_000), DEFAULT_SHADOW_SETTINGS);
  const load = (streams: number, contextTokens: number): EngineLoad => ({
    ...EMPTY,
    slots: streams,
    flexSlots: streams - 1,
    streams,
    contextTokens,
  });
  for (let index = 0; index < 2_000; index += 1) {
    const streams = 1 + (index % 100);
    const at = index * 20;
    model.observe({ kind: 'beat', at, tokens: 1, gapMs: 10 + streams / 2, unseen: false }, load(streams, 100));
  }
  expect(model.strained(load(60, 6_000), 40_000)).toBe(false);
  expect(model.strained(load(80, 8_000), 40_000)).toBe(true);
  expect(model.strained({ ...load(80, 8_000), flexSlots: 0 }, 40_000)).toBe(false);
  expect(model.strained(load(2, 96_000), 40_000)).toBe(false);
  expect(model.strained(load(2, 98_000), 40_000)).toBe(true);
});

const STREAMING: EngineLoad = { ...EMPTY, slots: 1, streams: 1, contextTokens: 100 };
const READING: EngineLoad = { ...STREAMING, slots: 2, prefills: 1, prefillTokens: 1_000 };

/** Teaches a model that its engine takes a millisecond for each 25 tokens of a prompt; until 60 s. */
function seesPrompts(model: ShadowCapacity): void {
  for (let index = 0; index < 60; index += 1) {
    const at = 1_000 * index;
    const inputTokens = 500 + ((index * 37) % 1_000);
    const gapMs = 10 + inputTokens / 25;
    model.observe({ kind: 'beat', at, tokens: 1, gapMs, unseen: false }, READING);
    model.observe(
      {
        kind: 'first-token',
        at,
        nth: 0,
        tier: 'standard',
        ttftMs: gapMs,
        expectedMs: null,
        inputTokens,
        unclear: false,
      },
      STREAMING,
    );
    for (const later of [10, 20, 30]) {
      model.observe({ kind: 'beat', at: at + later, tokens: 1, gapMs: 10, unseen: false }, STREAMING);
    }
  }
}

test('a prompt of flex gives way where reading it would hold up another for long', () => {
  const model = trusted(256, 1e6, 10);
  expect(model.yieldsPrompt(50_000, READING)).toBe(false);
  seesPrompts(model);
  // Nearly ten milliseconds are flex's share of what is left of the limit; a prompt takes one for each 25 tokens.
  expect(model.yieldsPrompt(150, READING)).toBe(false);
  expect(model.yieldsPrompt(400, READING)).toBe(true);
});

describe('a backlog of prompts', () => {
  const FULL_STEP_MS = 10 + DEFAULT_SHADOW_SETTINGS.stepTokens / 25;
  const waiting: EngineLoad = {
    ...EMPTY,
    slots: 60,
    flexSlots: 19,
    streams: 20,
    contextTokens: 2_000,
    prefills: 40,
    prefillTokens: 40_000,
  };

  /** Beats from `from` on, until `forMs` later. */
  function beats(model: ShadowCapacity, load: EngineLoad, gapMs: number, from: number, forMs: number): number {
    let at = from;
    while (at < from + forMs) {
      at += gapMs;
      model.observe({ kind: 'beat', at, tokens: 1, gapMs, unseen: false }, load);
    }
    return at;
  }

  test('that lasts while steps are not full of prompts waits for what streams hold', () => {
    const model = trusted(256, 1e6, 10);
    seesPrompts(model);
    const half = DEFAULT_SHADOW_SETTINGS.backlogMsMin / 2;
    const begun = beats(model, waiting, FULL_STEP_MS / 2, 60_000, half);
    expect(model.backlogged(waiting, begun)).toBe(false);
    const at = beats(model, waiting, FULL_STEP_MS / 2, begun, 2 * half);
    expect(model.backlogged(waiting, at)).toBe(true);
    expect(model.backlogged({ ...waiting, prefills: 2, prefillTokens: 4_000 }, at)).toBe(false);
    expect(model.backlogged({ ...waiting, flexPrefills: 40, flexPrefillTokens: 40_000 }, at)).toBe(false);
    expect(model.backlogged(waiting, at + DEFAULT_SHADOW_SETTINGS.paceAgeMsMax + 1)).toBe(false);
    model.observe({ kind: 'restarted', at }, waiting);
    expect(model.backlogged(waiting, at)).toBe(false);
  });

  test('that is read as fast as can be gains nothing by fewer streams', () => {
    const model = trusted(256, 1e6, 10);
    seesPrompts(model);
    const at = beats(model, waiting, FULL_STEP_MS, 60_000, 3 * DEFAULT_SHADOW_SETTINGS.backlogMsMin);
    expect(model.backlogged(waiting, at)).toBe(false);
  });

  test('that comes and goes is none', () => {
    const model = trusted(256, 1e6, 10);
    seesPrompts(model);
    const { backlogMsMin } = DEFAULT_SHADOW_SETTINGS;
    let at = beats(model, waiting, FULL_STEP_MS / 2, 60_000, 0.8 * backlogMsMin);
    at = beats(model, STREAMING, 10, at, 100);
    at = beats(model, waiting, FULL_STEP_MS / 2, at, 0.8 * backlogMsMin);
    expect(model.backlogged(waiting, at)).toBe(false);
  });
});

test('flex that lacks nothing but slots makes them grow, trusted or not; what it lacks otherwise does not', () => {
  const { slotsStart } = DEFAULT_AIMD_LIMITS;
  const full: EngineLoad = {
    ...EMPTY,
    slots: slotsStart - DEFAULT_SHADOW_SETTINGS.slotsSpare,
    flexSlots: 1,
    streams: slotsStart - DEFAULT_SHADOW_SETTINGS.slotsSpare,
  };
  const limited = (model: ShadowCapacity, ask: Ask, load: EngineLoad, at: number): number => {
    expect(model.admits(ask, load, at)).toBe(false);
    model.observe({ kind: 'limited', at, ask, slots: load.slots }, load);
    return model.slotsLimit;
  };
  for (const gapMs of [10, 45]) {
    const model = new ShadowCapacity(new AimdCapacity(1e6), { ...DEFAULT_SHADOW_SETTINGS, errorMax: 0 });
    model.observe({ kind: 'beat', at: 0, tokens: 1, gapMs, unseen: false }, full);
    expect(limited(model, FLEX, full, 10)).toBe(slotsStart * 2);
  }
  const model = new ShadowCapacity(new AimdCapacity(1e6), DEFAULT_SHADOW_SETTINGS);
  for (let index = 0; index < 100; index += 1) {
    model.observe({ kind: 'beat', at: index * 10, tokens: 1, gapMs: 10, unseen: false }, full);
  }
  expect(model.trusted).toBe(true);
  expect(limited(model, FLEX, { ...full, prefills: 1 }, 1_000)).toBe(slotsStart);
  expect(limited(model, { ...FLEX, promptTokens: 2e6 }, full, 1_000)).toBe(slotsStart);
  expect(limited(model, FLEX, full, 1_000)).toBe(slotsStart * 2);
  expect(model.admits(FLEX, full, 1_000)).toBe(true);
});
