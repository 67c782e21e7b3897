import type { LimitRule, TierRules } from '../tiers/rules.ts';
import { TIERS, type Tier } from '../tiers/tier.ts';
import type { LimitSpec } from './verdict.ts';

/** The limits of one tier, and the bucket that they are counted in. Tiers with the same bucket share it. */
export interface LimitGrant {
  readonly bucket: Tier;
  readonly limits: LimitSpec;
}

/** Limits that a project sets itself, by tier. */
export type ProjectLimits = { readonly [tier in Tier]?: LimitSpec };

/** What a project's limits and a preset's rules make of a tier; null: not limited. */
export function grantFor(tier: Tier, project: ProjectLimits, rules: TierRules): LimitGrant | null {
  const own = project[tier];
  if (own !== undefined) {
    return { bucket: tier, limits: own };
  }
  const { standard } = project;
  const rule: LimitRule = rules[tier].limits;
  if (standard === undefined || rule.kind === 'queued') {
    return null;
  }
  return rule.kind === 'shared'
    ? { bucket: 'standard', limits: standard }
    : { bucket: tier, limits: scaled(standard, rule.timesStandard) };
}

/** Every tier's grant, for a project whose settings rarely change. */
export function grantsFor(project: ProjectLimits, rules: TierRules): Readonly<Record<Tier, LimitGrant | null>> {
  const grants = TIERS.map((tier) => [tier, grantFor(tier, project, rules)] as const);
  return Object.fromEntries(grants) as Record<Tier, LimitGrant | null>;
}

/** Rounded down, but at least one: a share of a small limit still lets a request through. */
function scaled(limits: LimitSpec, times: number): LimitSpec {
  const entries = Object.entries(limits).map(([kind, limit]) => [kind, Math.max(1, Math.floor(limit * times))]);
  return Object.fromEntries(entries) as LimitSpec;
}
