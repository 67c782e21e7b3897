import type { Tier } from '@offpeak/core';

/**
 * Groq's words first. Those of other vocabularies are taken where they mean the same: `default` and `standard` can only be
 * `on_demand`, and `priority` can only be `performance`.
 */
export const GROQ_TIERS: ReadonlyMap<string, Tier | 'auto'> = new Map<string, Tier | 'auto'>([
  ['auto', 'auto'],
  ['on_demand', 'standard'],
  ['flex', 'flex'],
  ['performance', 'priority'],
  ['default', 'standard'],
  ['standard', 'standard'],
  ['priority', 'priority'],
]);

export const GROQ_TIER_WORDS: readonly string[] = ['auto', 'on_demand', 'flex', 'performance'];

const SERVED: Record<Tier, string> = { priority: 'performance', standard: 'on_demand', flex: 'flex', batch: 'batch' };

export function groqServedWord(tier: Tier): string {
  return SERVED[tier];
}
