import { expect, test } from 'vitest';
import fc from 'fast-check';
import { ladderFor, type LadderTerms } from './ladder.ts';
import { rankOf, TIERS } from './tier.ts';

const usual: LadderTerms = {
  request: 'unset',
  auto: 'project-default',
  defaultTier: 'standard',
  maxTier: 'priority',
  fallBack: false,
  patienceMs: (tier) => (rankOf(tier) + 1) * 1_000,
};

function tiersOf(terms: Partial<LadderTerms>): string[] {
  const result = ladderFor({ ...usual, ...terms });
  if (!result.ok) throw new Error(`refused: ${result.tier}`);
  return result.ladder.map(({ tier, why }) => `${tier} ${why}`);
}

test('each word leads to its rungs', () => {
  expect(tiersOf({ request: 'priority' })).toEqual(['priority asked', 'standard downgrade']);
  expect(tiersOf({ request: 'standard' })).toEqual(['standard asked']);
  expect(tiersOf({ request: 'flex' })).toEqual(['flex asked']);
  expect(tiersOf({ request: 'flex', fallBack: true })).toEqual(['flex asked', 'standard fallback']);
  expect(tiersOf({ request: 'auto', auto: 'spill' })).toEqual(['standard asked', 'flex spill']);
  expect(tiersOf({ request: 'auto', defaultTier: 'flex' })).toEqual(['flex asked']);
  expect(tiersOf({ request: 'unset', auto: 'spill', defaultTier: 'flex' })).toEqual(['flex asked']);
});

test('a tier above what the project may have is refused by name only when the client named it', () => {
  expect(ladderFor({ ...usual, request: 'priority', maxTier: 'standard' })).toEqual({
    ok: false,
    tier: 'priority',
    maxTier: 'standard',
  });
  expect(tiersOf({ request: 'unset', defaultTier: 'standard', maxTier: 'flex' })).toEqual(['flex asked']);
  expect(tiersOf({ request: 'flex', fallBack: true, maxTier: 'flex' })).toEqual(['flex asked']);
  expect(tiersOf({ request: 'auto', auto: 'spill', maxTier: 'flex' })).toEqual(['flex asked']);
});

test('no ladder has a rung above the project, and nobody is given priority who did not name it or default to it', () => {
  const tier = fc.constantFrom(...TIERS);
  const terms = fc.record({
    request: fc.constantFrom(...TIERS, 'auto' as const, 'unset' as const),
    auto: fc.constantFrom('spill' as const, 'project-default' as const),
    defaultTier: tier,
    maxTier: tier,
    fallBack: fc.boolean(),
  });
  fc.assert(
    fc.property(terms, (given) => {
      const result = ladderFor({ ...usual, ...given });
      if (!result.ok) return rankOf(given.request as 'flex') < rankOf(given.maxTier);
      const wantsPriority = given.request === 'priority' || given.defaultTier === 'priority';
      return (
        result.ladder.length > 0 &&
        result.ladder.every((rung) => rankOf(rung.tier) >= rankOf(given.maxTier)) &&
        (wantsPriority || result.ladder.every((rung) => rung.tier !== 'priority'))
      );
    }),
  );
});
