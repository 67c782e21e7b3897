import type { Rung } from '../scheduler/ticket.ts';
import type { AutoMeaning } from './presets.ts';
import type { TierRules } from './rules.ts';
import { rankOf, type Tier } from './tier.ts';

/** What a project says about the tiers of its requests. */
export interface TierSettings {
  /** Served to requests that name no tier, and to `auto` where that means the project's default. */
  readonly defaultTier?: Tier;
  /** The most urgent tier that it may use. */
  readonly maxTier?: Tier;
  /** `auto` may buy priority. It never does unless this is said. */
  readonly autoBuysPriority?: boolean;
}

export interface LadderRequest {
  /** Absent: the request named no tier. */
  readonly requested?: Tier | 'auto';
  readonly auto: AutoMeaning;
  readonly rules: TierRules;
  readonly project: TierSettings;
  /** Whether a flex or batch request without capacity falls back to standard. */
  readonly onUnavailable: 'refuse' | 'standard';
  /** What the client is willing to wait on each rung, instead of the tier's own patience. */
  readonly maxWaitMs?: number;
}

export type LadderResolution =
  | { readonly ok: true; readonly ladder: readonly Rung[] }
  /** The requested tier is above what the project may use. */
  | { readonly ok: false; readonly tier: Tier; readonly maxTier: Tier };

type Step = Pick<Rung, 'tier' | 'why'>;

/** The rungs that a request's tier word stands for. Only a tier that was named can be too high: the rest adapts to `maxTier`. */
export function resolveLadder(request: LadderRequest): LadderResolution {
  const { requested, project } = request;
  const { maxTier } = project;
  if (requested !== undefined && requested !== 'auto' && !allows(maxTier, requested)) {
    return { ok: false, tier: requested, maxTier: maxTier! };
  }
  const steps = stepsOf(request).filter((step) => allows(maxTier, step.tier));
  // A default above `maxTier` leaves nothing, and is served as the most urgent tier that is allowed.
  const ladder = steps.length > 0 ? steps : [{ tier: maxTier!, why: 'asked' as const }];
  return { ok: true, ladder: ladder.map((step, index) => rungOf(step, index, request)) };
}

function stepsOf({ requested, auto, project, onUnavailable }: LadderRequest): Step[] {
  if (requested === 'auto') {
    switch (auto) {
      case 'spill':
        return [
          ...(project.autoBuysPriority === true ? tierSteps('priority', 'refuse') : tierSteps('standard', 'refuse')),
          { tier: 'flex', why: 'spill' },
        ];
      case 'priority-if-allowed':
        return tierSteps(project.autoBuysPriority === true ? 'priority' : 'standard', onUnavailable);
      case 'project-default':
        break;
    }
  }
  const named = requested === 'auto' ? undefined : requested;
  return tierSteps(named ?? project.defaultTier ?? 'standard', onUnavailable);
}

function tierSteps(tier: Tier, onUnavailable: 'refuse' | 'standard'): Step[] {
  const asked: Step = { tier, why: 'asked' };
  if (tier === 'priority') {
    return [asked, { tier: 'standard', why: 'downgrade' }];
  }
  const fallsBack = onUnavailable === 'standard' && rankOf(tier) > rankOf('standard');
  return fallsBack ? [asked, { tier: 'standard', why: 'fallback' }] : [asked];
}

/**
 * What `maxTier` left as the first rung is what was asked for, as far as the project may ask. The client's own limit replaces the
 * patience there; on further rungs it can only shorten it.
 */
function rungOf({ tier, why }: Step, index: number, { rules, maxWaitMs }: LadderRequest): Rung {
  const { patienceMs } = rules[tier];
  return index === 0
    ? { tier, why: 'asked', patienceMs: maxWaitMs ?? patienceMs }
    : { tier, why, patienceMs: Math.min(patienceMs, maxWaitMs ?? Infinity) };
}

function allows(maxTier: Tier | undefined, tier: Tier): boolean {
  return maxTier === undefined || rankOf(tier) >= rankOf(maxTier);
}
