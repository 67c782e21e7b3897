import type { Tier } from '@offpeak/core';
import { OPENAI_TIERS } from '../openai/tiers.ts';

/** OpenAI's words, and one more that only this wire has: faster still than `fast`, and served by the same tier here. */
export const RESPONSES_TIERS: ReadonlyMap<string, Tier | 'auto'> = new Map([
  ...OPENAI_TIERS,
  ['ultrafast', 'priority'],
]);
