import type { UsageWish } from '../tally.ts';

/** What a test may change at any time; it holds for the requests that come after. The provider publishes no limits in headers. */
export interface BedrockSettings {
  usage: UsageWish;
  /** What the answers say of the tier that served them; reserved capacity that is full is downgraded as well. */
  tier: 'as-asked' | 'downgraded' | 'absent';
  /** How long prompts are cached that a request writes to the cache. */
  cacheTtl: '5m' | '1h';
}

export function bedrockSettings(): BedrockSettings {
  return { usage: {}, tier: 'as-asked', cacheTtl: '5m' };
}

export function servedWord(asked: string | undefined, { tier }: BedrockSettings): string | undefined {
  if (tier === 'absent') return undefined;
  return tier === 'downgraded' ? 'default' : (asked ?? 'default');
}
