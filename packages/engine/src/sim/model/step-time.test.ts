import { describe, expect, it } from 'vitest';
import { isProfileName, PROFILES } from './profiles.ts';
import type { ProfileName } from './profiles.ts';
import type { ClosedFormCosts } from './profile.ts';
import { attentionPairs, stepTimeMs } from './step-time.ts';
import type { StepBatch } from './step-time.ts';

const nothing: StepBatch = {
  tokens: 0,
  prefillTokens: 0,
  prefillPairs: 0,
  decodeStreams: 0,
  contextTokens: 0,
  contextTokensMax: 0,
};

function prefill(tokens: number, context: number): StepBatch {
  return { ...nothing, tokens, prefillTokens: tokens, prefillPairs: tokens * (context + tokens / 2) };
}

function decode(streams: number, context: number): StepBatch {
  return {
    ...nothing,
    tokens: streams,
    decodeStreams: streams,
    contextTokens: streams * context,
    contextTokensMax: context,
  };
}

function timeMs(profile: ProfileName, batch: StepBatch): number {
  return stepTimeMs(PROFILES[profile].costs, batch);
}

/** Within this share of the expected value. */
function expectNear(actual: number, expected: number, share: number): void {
  expect(Math.abs(actual - expected) / expected, `${actual} beside ${expected}`).toBeLessThan(share);
}

describe('the H100 profile against what ConServe measured', () => {
  it('takes about 51 ms for 2048 prefill tokens at context 0 and 124 ms at 40k', () => {
    expectNear(timeMs('h100-8b', prefill(2048, 0)), 51, 0.05);
    expectNear(timeMs('h100-8b', prefill(2048, 40 * 1024)), 124, 0.05);
  });

  it('decodes one short stream at little more than the weight read', () => {
    expectNear(timeMs('h100-8b', decode(1, 100)), 6.8 + 1.5, 0.01);
  });
});

describe('the RTX PRO 6000 profile against the layers that it was fitted to', () => {
  const fixedMs = 2.36;

  it('reads the weights of 32 layers in 10.1 ms, and 2048 tokens take 76.7 ms without attention', () => {
    expectNear(timeMs('rtx-pro-6000-8b', { ...nothing, tokens: 1 }) - fixedMs, 10.14, 0.01);
    expectNear(timeMs('rtx-pro-6000-8b', { ...nothing, tokens: 2048 }) - fixedMs, 76.68, 0.03);
  });

  it('reads 128 contexts of 1024 tokens in 13.0 ms', () => {
    const linearMs = timeMs('rtx-pro-6000-8b', { ...nothing, tokens: 128 });
    expectNear(timeMs('rtx-pro-6000-8b', decode(128, 1024)) - linearMs, 12.96, 0.06);
  });
});

describe('what was measured for few profiles', () => {
  const plain: ClosedFormCosts = {
    form: 'closed',
    fixedMs: 1,
    weightsMs: 10,
    perTokenMs: 0.01,
    blend: 1,
    attentionPairMs: 1e-5,
    contextTokenMs: 1e-4,
    perStreamMs: 0,
  };

  it('makes a chunk smaller than a tile read its context at the cost of a whole one', () => {
    const tiled: ClosedFormCosts = { ...plain, attentionTileTokens: 256 };
    expect(attentionPairs(tiled, 16, 1000)).toBe(256 * 1000 + 128);
    expect(attentionPairs(tiled, 512, 1000)).toBe(attentionPairs(plain, 512, 1000));
  });

  it('costs a step more where prefill is in it, by its decodes, and a step of decodes nothing', () => {
    const mixing: ClosedFormCosts = { ...plain, prefillStep: { fixedMs: 5, contextTokenMs: 2e-5 }, contextSkew: 0 };
    const mixed: StepBatch = { ...decode(4, 500), tokens: 14, prefillTokens: 10, prefillPairs: 50 };
    expect(stepTimeMs(mixing, mixed) - stepTimeMs({ ...plain, contextSkew: 0 }, mixed)).toBeCloseTo(5 + 2000 * 2e-5);
    expect(stepTimeMs(mixing, decode(4, 500))).toBe(stepTimeMs(plain, decode(4, 500)));
  });

  it('lets the longest context hold up the others, by as much as the profile says', () => {
    const skewed = { ...decode(4, 500), contextTokensMax: 1500 };
    expect(stepTimeMs({ ...plain, contextSkew: 0 }, skewed)).toBe(stepTimeMs(plain, decode(4, 500)));
    expect(stepTimeMs(plain, skewed) - stepTimeMs(plain, decode(4, 500))).toBeCloseTo(0.055 * 4 * 1000 * 1e-4);
  });
});

describe('the tables of Splitwise', () => {
  it('gives its own points, the lines between them, and the last slope beyond', () => {
    expect(timeMs('splitwise-h100-70b-tp8', prefill(2048, 0))).toBe(134);
    expect(timeMs('splitwise-h100-70b-tp8', prefill(3072, 0))).toBe((134 + 376) / 2);
    expect(timeMs('splitwise-a100-70b-tp8', prefill(16_384, 0))).toBe(1781 + 2 * (1781 - 708));
    expectNear(timeMs('splitwise-h100-70b-tp8', decode(10, 1000)), 29.6 + 2.02 + 2.18, 1e-9);
  });

  it('is a tenth slower where decodes share the step with a prefill', () => {
    const mixed = { ...prefill(2048, 0), decodeStreams: 4, contextTokens: 400, contextTokensMax: 100 };
    expect(timeMs('splitwise-h100-70b-tp8', mixed)).toBeCloseTo(134 * 1.1);
  });
});

describe('every profile', () => {
  it.each(Object.keys(PROFILES))('%s gets slower with each kind of work and can run its longest request', (name) => {
    if (!isProfileName(name)) throw new Error(name);
    expect(timeMs(name, prefill(512, 0))).toBeGreaterThan(timeMs(name, prefill(64, 0)));
    expect(timeMs(name, decode(64, 1000))).toBeGreaterThan(timeMs(name, decode(8, 1000)));
    expect(timeMs(name, decode(8, 4000))).toBeGreaterThan(timeMs(name, decode(8, 1000)));
    const skewed = { ...decode(8, 1000), contextTokensMax: 4000 };
    expect(timeMs(name, skewed)).toBeGreaterThanOrEqual(timeMs(name, decode(8, 1000)));
    expect(PROFILES[name].contextTokensMax).toBeLessThanOrEqual(PROFILES[name].kvTokens);
  });

  it('is found by its name alone', () => {
    expect(isProfileName('h100-8b')).toBe(true);
    expect(isProfileName('toString')).toBe(false);
  });
});
