import type { Tier } from '@offpeak/core';
import type { DialectName } from '../dialect.ts';
import { GROQ_TIERS, GROQ_TIER_WORDS } from '../groq/tiers.ts';
import { OPENAI_TIERS, OPENAI_TIER_WORDS } from '../openai/tiers.ts';
import type { Problem } from '../problem.ts';

const VOCABULARIES: Record<
  DialectName,
  { readonly tiers: ReadonlyMap<string, Tier | 'auto'>; readonly words: readonly string[] }
> = {
  openai: { tiers: OPENAI_TIERS, words: OPENAI_TIER_WORDS },
  groq: { tiers: GROQ_TIERS, words: GROQ_TIER_WORDS },
};

/**
 * What the client's word asks for in its dialect. `unset`: it said nothing, and the project's default applies. `auto` is kept
 * apart, because what it means is the preset's business.
 */
export function resolveTierWord(
  dialect: DialectName,
  word: string | null | undefined,
): Tier | 'auto' | 'unset' | Problem {
  if (word === null || word === undefined) return 'unset';
  const { tiers, words } = VOCABULARIES[dialect];
  const tier = tiers.get(word);
  if (tier !== undefined) return tier;
  // Batch is a way of submitting work and not a word of either wire; who asks for it wants the cheapest that there is.
  if (word === 'batch')
    return { kind: 'tier-not-served', tier: 'batch', what: "single requests; ask for 'flex' instead" };
  return { kind: 'unknown-tier', word, allowed: words };
}
