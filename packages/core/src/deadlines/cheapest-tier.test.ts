import { expect, test } from 'vitest';
import { cheapestTierFor, type TierOption } from './cheapest-tier.ts';

const flex: TierOption = { tier: 'flex', priceMultiplier: 0.5, predictedMs: 600_000 };
const standard: TierOption = { tier: 'standard', priceMultiplier: 1, predictedMs: 20_000 };
const priority: TierOption = { tier: 'priority', priceMultiplier: 2, predictedMs: 5_000 };
const all = [priority, flex, standard];

test('the cheapest tier that makes it', () => {
  expect(cheapestTierFor(900_000, all)).toEqual({ ok: true, tier: 'flex', predictedMs: 600_000 });
  expect(cheapestTierFor(20_000, all)).toEqual({ ok: true, tier: 'standard', predictedMs: 20_000 });
  expect(cheapestTierFor(19_999, all)).toEqual({ ok: true, tier: 'priority', predictedMs: 5_000 });
});

test('at the same price the more urgent one', () => {
  const samePrice = { ...flex, priceMultiplier: 1, predictedMs: 1_000 };
  expect(cheapestTierFor(30_000, [samePrice, standard])).toMatchObject({ tier: 'standard' });
});

test('out of reach: the best that could be done is told', () => {
  expect(cheapestTierFor(4_999, all)).toEqual({ ok: false, predictedMs: 5_000 });
});

test('what is unknown is tried only when nothing known will do: standard, else the most urgent', () => {
  const unknownFlex = { ...flex, predictedMs: null };
  const unknownPriority = { ...priority, predictedMs: null };
  expect(cheapestTierFor(30_000, [unknownFlex, standard])).toMatchObject({ tier: 'standard' });
  expect(cheapestTierFor(10_000, [unknownFlex, standard, unknownPriority])).toEqual({
    ok: true,
    tier: 'priority',
    predictedMs: null,
  });
  const unknownStandard = { ...standard, predictedMs: null };
  expect(cheapestTierFor(10_000, [unknownFlex, unknownStandard, unknownPriority])).toMatchObject({ tier: 'standard' });
});

test('no tier at all is a mistake of the caller', () => {
  expect(() => cheapestTierFor(1, [])).toThrow('at least one tier');
});
