import { expect, test } from 'vitest';
import { PRESETS } from './presets.ts';
import { DEFAULT_TIER_RULES } from './rules.ts';
import { TIERS } from './tier.ts';

test('every preset says where its numbers come from, and has sane ones', () => {
  for (const [name, preset] of Object.entries(PRESETS)) {
    expect(preset.name).toBe(name);
    expect(preset.source).not.toBe('');
    expect(preset.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    for (const tier of TIERS) {
      expect(preset.tiers[tier].patienceMs, `${name} ${tier}`).toBeGreaterThan(0);
      expect(preset.tiers[tier].priceMultiplier, `${name} ${tier}`).toBeGreaterThan(0);
    }
    expect(preset.tiers.standard.priceMultiplier).toBe(1);
  }
});

test('the products differ where the providers do', () => {
  expect(PRESETS.groq.auto).toBe('spill');
  expect(PRESETS.groq.tiers.flex).toMatchObject({ patienceMs: 1_000, priceMultiplier: 1 });
  expect(PRESETS.openai.auto).toBe('project-default');
  expect(PRESETS.openai.tiers.flex).toMatchObject({ patienceMs: 900_000, priceMultiplier: 0.5 });
  expect(PRESETS.openai.tiers.priority.limits).toEqual({ kind: 'shared' });
  expect(DEFAULT_TIER_RULES.flex.limits).toEqual({ kind: 'own', timesStandard: 10 });
  expect(DEFAULT_TIER_RULES.priority.limits).toEqual({ kind: 'own', timesStandard: 0.3 });
});
