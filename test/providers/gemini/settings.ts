import type { UsageWish } from '../tally.ts';

/** What a test may change at any time; it holds for the requests that come after. The provider publishes no limits in headers. */
export interface GeminiSettings {
  usage: UsageWish;
  /** What the answers say of the tier that served them, in a header and beside the usage. */
  tier: 'as-asked' | 'downgraded' | 'absent';
  /** Whether a model that may search with Google does. */
  searches: boolean;
}

export function geminiSettings(): GeminiSettings {
  return { usage: {}, tier: 'as-asked', searches: false };
}

export function servedWord(asked: string | undefined, { tier }: GeminiSettings): string | undefined {
  if (tier === 'absent') return undefined;
  const word = (asked ?? 'standard').toLowerCase();
  return tier === 'downgraded' || word === 'unspecified' ? 'standard' : word;
}
