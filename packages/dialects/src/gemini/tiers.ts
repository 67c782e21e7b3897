import type { Tier } from '@offpeak/core';

/**
 * Gemini's words first. `unspecified` is what the wire's enums call a member that was left out, so it asks for what leaving it out does.
 * Those of other vocabularies are taken where they mean the same.
 */
export const GEMINI_TIERS: ReadonlyMap<string, Tier | 'auto'> = new Map<string, Tier | 'auto'>([
  ['unspecified', 'auto'],
  ['standard', 'standard'],
  ['flex', 'flex'],
  ['priority', 'priority'],
  ['auto', 'auto'],
  ['default', 'standard'],
]);

export const GEMINI_TIER_WORDS: readonly string[] = ['unspecified', 'standard', 'flex', 'priority'];

/** Tells the served tier beside the answer, once for a whole stream. */
export const TIER_HEADER = 'x-gemini-service-tier';

/** How the enum was spelled at first, and still is by clients that are made from its proto. */
const ENUM_PREFIX = 'service_tier_';

/** The word as the list above has it: enums are sent in any case, with or without their prefix. Unknown words stay as they are. */
export function geminiTierWord(sent: string): string {
  const word = plainWord(sent);
  return GEMINI_TIERS.has(word) ? word : sent;
}

function plainWord(sent: string): string {
  const word = sent.toLowerCase();
  return word.startsWith(ENUM_PREFIX) ? word.slice(ENUM_PREFIX.length) : word;
}

export function geminiServedWord(tier: Tier): string {
  return tier;
}

/** What asks Gemini itself. Batch is another path there, and no word. */
export function geminiAskWord(tier: Tier): string | null {
  return tier === 'batch' ? null : tier;
}

/** What its report of the served tier means; `batch` comes from another Offpeak only. */
export function geminiServedTier(reported: string | undefined): Tier | undefined {
  switch (reported === undefined ? undefined : plainWord(reported)) {
    case 'priority':
      return 'priority';
    case 'standard':
      return 'standard';
    case 'flex':
      return 'flex';
    case 'batch':
      return 'batch';
    default:
      return undefined;
  }
}
