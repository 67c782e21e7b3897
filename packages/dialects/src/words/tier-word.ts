import type { Tier } from '@offpeak/core';
import type { Dialect } from '../dialect.ts';
import type { Problem } from '../problem.ts';

/**
 * What the client's word asks for in its dialect. `unset`: it said nothing, and the project's default applies. `auto` is kept
 * apart, because what it means is the preset's business.
 */
export function resolveTierWord(dialect: Dialect, word: string | null | undefined): Tier | 'auto' | 'unset' | Problem {
  if (word === null || word === undefined) return 'unset';
  const tier = dialect.tiers.get(word);
  if (tier !== undefined) return tier;
  // Batch is a way of submitting work and not a word of either wire; who asks for it wants the cheapest that there is.
  if (word === 'batch')
    return { kind: 'tier-not-served', tier: 'batch', what: "single requests; ask for 'flex' instead" };
  return { kind: 'unknown-tier', word, allowed: dialect.tierWords };
}
