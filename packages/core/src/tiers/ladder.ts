import type { Rung } from '../scheduler/ticket.ts';
import type { AutoMeaning } from './rules.ts';
import { rankOf, type Tier } from './tier.ts';

/** What was asked for: a tier, the word `auto`, or nothing. */
export type TierRequest = Tier | 'auto' | 'unset';

export interface LadderTerms {
  readonly request: TierRequest;
  readonly auto: AutoMeaning;
  readonly defaultTier: Tier;
  /** The most urgent tier that the project may have. */
  readonly maxTier: Tier;
  /** Flex that finds no capacity is served as standard instead of refused. */
  readonly fallBack: boolean;
  readonly patienceMs: (tier: Tier) => number;
}

export type LadderResult =
  | { readonly ok: true; readonly requested: Tier | 'auto'; readonly ladder: readonly Rung[] }
  /** A tier was named that the project may not have. */
  | { readonly ok: false; readonly tier: Tier; readonly maxTier: Tier };

/**
 * The tiers that a request is tried at, in order. What nobody named is never refused and never dearer than the project's default:
 * only a tier that the client itself asked for can be above what the project may have.
 */
export function ladderFor(terms: LadderTerms): LadderResult {
  const { request, maxTier } = terms;
  if (request !== 'auto' && request !== 'unset') {
    if (rankOf(request) < rankOf(maxTier)) return { ok: false, tier: request, maxTier };
    return { ok: true, requested: request, ladder: from(request, terms) };
  }
  if (request === 'auto' && terms.auto === 'spill') return { ok: true, requested: 'auto', ladder: spilling(terms) };
  const tier = lessUrgent(terms.defaultTier, maxTier);
  return { ok: true, requested: request === 'auto' ? 'auto' : tier, ladder: from(tier, terms) };
}

function from(tier: Tier, terms: LadderTerms): Rung[] {
  const asked: Rung = { tier, patienceMs: terms.patienceMs(tier), why: 'asked' };
  if (tier === 'priority')
    return [asked, { tier: 'standard', patienceMs: terms.patienceMs('standard'), why: 'downgrade' }];
  if (tier === 'flex' && terms.fallBack && rankOf('standard') >= rankOf(terms.maxTier)) {
    return [asked, { tier: 'standard', patienceMs: terms.patienceMs('standard'), why: 'fallback' }];
  }
  return [asked];
}

function spilling(terms: LadderTerms): Rung[] {
  const first = lessUrgent('standard', terms.maxTier);
  const asked: Rung = { tier: first, patienceMs: terms.patienceMs(first), why: 'asked' };
  return first === 'standard' ? [asked, { tier: 'flex', patienceMs: terms.patienceMs('flex'), why: 'spill' }] : [asked];
}

function lessUrgent(a: Tier, b: Tier): Tier {
  return rankOf(a) >= rankOf(b) ? a : b;
}
