import { expect, test } from 'vitest';
import { PRESETS } from '../tiers/presets.ts';
import { DEFAULT_TIER_RULES } from '../tiers/rules.ts';
import { grantFor, grantsFor } from './grant.ts';

const standard = { requestsPerMinute: 60, tokensPerMinute: 100_000 };

test('tiers have multiples of the standard limits in buckets of their own', () => {
  const grants = grantsFor({ standard }, DEFAULT_TIER_RULES);
  expect(grants.standard).toEqual({ bucket: 'standard', limits: standard });
  expect(grants.flex).toEqual({
    bucket: 'flex',
    limits: { requestsPerMinute: 600, tokensPerMinute: 1_000_000 },
  });
  expect(grants.priority).toEqual({
    bucket: 'priority',
    limits: { requestsPerMinute: 18, tokensPerMinute: 30_000 },
  });
  expect(grants.batch).toBeNull();
});

test('a shared rule counts in the standard bucket', () => {
  expect(grantFor('priority', { standard }, PRESETS.openai.tiers)).toEqual({ bucket: 'standard', limits: standard });
});

test('limits that a project sets for a tier come before the rule', () => {
  const own = { requestsPerDay: 5 };
  expect(grantFor('priority', { standard, priority: own }, PRESETS.openai.tiers)).toEqual({
    bucket: 'priority',
    limits: own,
  });
  expect(grantFor('batch', { batch: own }, DEFAULT_TIER_RULES)).toEqual({ bucket: 'batch', limits: own });
});

test('without standard limits nothing is limited, and a share of a small limit is still a request', () => {
  expect(grantFor('flex', {}, DEFAULT_TIER_RULES)).toBeNull();
  expect(grantFor('priority', { standard: { requestsPerMinute: 1 } }, DEFAULT_TIER_RULES)?.limits).toEqual({
    requestsPerMinute: 1,
  });
});
