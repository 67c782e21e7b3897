import { TIERS, type Tier } from '@offpeak/core';
import { describe, expect, test } from 'vitest';
import type { ModelTarget, TargetOrder } from '../config/config.ts';
import { placesOf, providerTarget, UNNAMED_PLACES } from './targets.ts';
import { idleProvider } from './testing/provider.ts';

const PROVIDERS = new Map(
  [
    idleProvider('openai'),
    idleProvider('groq', { provider: 'groq' }),
    idleProvider('gemini', { provider: 'gemini' }),
    idleProvider('anthropic', { provider: 'anthropic' }),
  ].map((upstream) => [upstream.name, upstream]),
);

function target(upstream: string, model = 'm', weight = 1): ModelTarget {
  return { upstream, model, tiers: undefined, weight };
}

function ranks(order: TargetOrder, targets: readonly ModelTarget[], tier: Tier = 'standard'): number[] {
  return placesOf({ order, targets }, PROVIDERS).map((places) => places[tier].rank);
}

describe('who is asked first', () => {
  const MIXED = [target('openai'), target('gpu-a'), target('groq'), target('gpu-b')];

  test('auto: engines together, then one provider after the other, wherever they stand', () => {
    for (const tier of TIERS) expect(ranks('auto', MIXED, tier)).toEqual([1, 0, 2, 0]);
    expect(ranks('auto', [target('gpu-a')])).toEqual([0]);
  });

  test('listed: as listed, engines too', () => {
    for (const tier of TIERS) expect(ranks('listed', MIXED, tier)).toEqual([0, 1, 2, 3]);
  });

  test('weights: all at once, each with its own', () => {
    const places = placesOf(
      { order: 'weights', targets: [target('gpu-a', 'm', 3), target('openai', 'm', 0.5)] },
      PROVIDERS,
    );
    for (const tier of TIERS) {
      expect(places.map((place) => place[tier])).toEqual([
        { rank: 0, weight: 3 },
        { rank: 0, weight: 0.5 },
      ]);
    }
  });

  test('only weights have weights', () => {
    for (const order of ['auto', 'listed', 'cost'] as const) {
      for (const places of placesOf({ order, targets: MIXED }, PROVIDERS))
        expect(places.flex).not.toHaveProperty('weight');
    }
  });

  test('cost: engines, then providers by the price of the tier', () => {
    const targets = [
      target('openai', 'gpt-5.5'),
      target('groq', 'llama-3.1-8b-instant'),
      target('gpu-a'),
      target('gemini', 'gemini-3.5-flash-lite'),
    ];
    expect(ranks('cost', targets)).toEqual([3, 1, 0, 2]);
  });

  test('cost: a tier that one provider sells cheaper can turn the order round', () => {
    // Groq's flex costs what standard does, Gemini's half of that.
    const targets = [target('groq', 'qwen3-32b'), target('gemini', 'gemini-3.1-flash-lite')];
    expect(ranks('cost', targets, 'priority')).toEqual([1, 2]);
    expect(ranks('cost', targets, 'standard')).toEqual([1, 2]);
    expect(ranks('cost', targets, 'flex')).toEqual([2, 1]);
  });

  test('cost: equal prices share a rank, and a model without a known price comes last', () => {
    const targets = [target('groq', 'unheard-of'), target('openai', 'gpt-5.5'), target('gemini', 'gpt-5.5')];
    expect(ranks('cost', targets)).toEqual([3, 1, 1]);
    expect(ranks('cost', [target('groq', 'unheard-of'), target('openai', 'never-seen')])).toEqual([1, 1]);
  });

  test("a model that no alias names is a provider's after it is an engine's", () => {
    for (const tier of TIERS) expect(UNNAMED_PLACES[tier]).toEqual({ rank: 1 });
  });
});

describe('which tiers go there', () => {
  const OPENAI = idleProvider('openai');
  const SAYS = idleProvider('openai', { tiers: ['flex', 'standard'] });

  test.each([
    ['all that the provider sells for the model', OPENAI, 'gpt-5.5', undefined, ['priority', 'standard', 'flex']],
    ['a model without flex', OPENAI, 'gpt-4o', undefined, ['priority', 'standard']],
    ['those of them that the target lets through', OPENAI, 'gpt-5.5', ['flex', 'batch'], ['flex']],
    ['none that is let through and not sold', OPENAI, 'gpt-4o', ['flex'], []],
    [
      'what the upstream says of itself, whatever is known of the model',
      SAYS,
      'gpt-4o',
      undefined,
      ['flex', 'standard'],
    ],
    ['and of that what the target lets through', SAYS, 'gpt-4o', ['standard'], ['standard']],
  ] as const)('%s', (_what, upstream, model, allowed, expected) => {
    const made = providerTarget(upstream, model, allowed, UNNAMED_PLACES);
    expect(made).toEqual({ upstream, model, tiers: expected, places: UNNAMED_PLACES });
  });
});
