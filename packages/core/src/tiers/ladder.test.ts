import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resolveLadder, type LadderRequest } from './ladder.ts';
import { DEFAULT_TIER_RULES } from './rules.ts';
import { rankOf, TIERS } from './tier.ts';

const usual: LadderRequest = {
  auto: 'project-default',
  rules: DEFAULT_TIER_RULES,
  project: {},
  onUnavailable: 'refuse',
};

function rungs(request: Partial<LadderRequest>): string[] {
  const resolution = resolveLadder({ ...usual, ...request });
  if (!resolution.ok) {
    throw new Error(`${resolution.tier} is above ${resolution.maxTier}`);
  }
  return resolution.ladder.map(({ tier, why }) => `${tier} ${why}`);
}

test('each tier word leads to its rungs', () => {
  expect(rungs({ requested: 'priority' })).toEqual(['priority asked', 'standard downgrade']);
  expect(rungs({ requested: 'standard', onUnavailable: 'standard' })).toEqual(['standard asked']);
  expect(rungs({ requested: 'flex' })).toEqual(['flex asked']);
  expect(rungs({ requested: 'flex', onUnavailable: 'standard' })).toEqual(['flex asked', 'standard fallback']);
  expect(rungs({})).toEqual(['standard asked']);
  expect(rungs({ project: { defaultTier: 'flex' } })).toEqual(['flex asked']);
});

test('auto means what its mount says', () => {
  const flexProject = { defaultTier: 'flex' } as const;
  expect(rungs({ requested: 'auto', project: flexProject })).toEqual(['flex asked']);
  expect(rungs({ requested: 'auto', auto: 'spill', project: flexProject })).toEqual(['standard asked', 'flex spill']);
  expect(rungs({ requested: 'auto', auto: 'priority-if-allowed' })).toEqual(['standard asked']);
});

test('auto buys priority only for projects that say so', () => {
  const project = { autoBuysPriority: true };
  expect(rungs({ requested: 'auto', auto: 'priority-if-allowed', project })).toEqual([
    'priority asked',
    'standard downgrade',
  ]);
  expect(rungs({ requested: 'auto', auto: 'spill', project })).toEqual([
    'priority asked',
    'standard downgrade',
    'flex spill',
  ]);
});

test('a tier that was named above the maximum is a problem; everything else adapts to the maximum', () => {
  expect(resolveLadder({ ...usual, requested: 'priority', project: { maxTier: 'standard' } })).toEqual({
    ok: false,
    tier: 'priority',
    maxTier: 'standard',
  });
  const project = { maxTier: 'flex' } as const;
  expect(rungs({ project })).toEqual(['flex asked']);
  expect(rungs({ requested: 'auto', auto: 'spill', project })).toEqual(['flex asked']);
  expect(rungs({ requested: 'flex', onUnavailable: 'standard', project })).toEqual(['flex asked']);
});

test("the client's own patience replaces the first rung's and can only shorten the others'", () => {
  const patience = (maxWaitMs?: number): number[] => {
    const resolution = resolveLadder({
      ...usual,
      requested: 'flex',
      onUnavailable: 'standard',
      ...(maxWaitMs === undefined ? {} : { maxWaitMs }),
    });
    return resolution.ok ? resolution.ladder.map(({ patienceMs }) => patienceMs) : [];
  };
  expect(patience()).toEqual([600_000, 60_000]);
  expect(patience(3_600_000)).toEqual([3_600_000, 60_000]);
  expect(patience(0)).toEqual([0, 0]);
});

test('no ladder is empty or leads above the maximum, and nobody is given priority without wanting it', () => {
  const tier = fc.constantFrom(...TIERS);
  const request = fc.record({
    requested: fc.constantFrom(...TIERS, 'auto' as const),
    auto: fc.constantFrom('spill' as const, 'project-default' as const, 'priority-if-allowed' as const),
    project: fc.record({ defaultTier: tier, maxTier: tier, autoBuysPriority: fc.boolean() }),
    onUnavailable: fc.constantFrom('refuse' as const, 'standard' as const),
  });
  fc.assert(
    fc.property(request, (given) => {
      const { requested, project } = given;
      const resolution = resolveLadder({ ...usual, ...given });
      if (!resolution.ok) {
        expect(requested).toBe(resolution.tier);
        expect(rankOf(resolution.tier)).toBeLessThan(rankOf(project.maxTier));
        return;
      }
      const tiers = resolution.ladder.map((rung) => rung.tier);
      expect(tiers.length).toBeGreaterThan(0);
      expect(resolution.ladder[0]!.why).toBe('asked');
      expect(tiers.every((each) => rankOf(each) >= rankOf(project.maxTier))).toBe(true);
      if (tiers.includes('priority')) {
        expect(requested === 'priority' || project.autoBuysPriority || project.defaultTier === 'priority').toBe(true);
      }
    }),
  );
});
