import type { Tier } from '@offpeak/core';
import type { ProviderName } from '../config/config.ts';

const MINUTE_MS = 60_000;

/** How long a provider may work on a request before it begins to answer; the SDKs' own ten minutes unless it promises less haste. */
const USUAL: Readonly<Record<Tier, number>> = {
  priority: 10 * MINUTE_MS,
  standard: 10 * MINUTE_MS,
  flex: 20 * MINUTE_MS,
  batch: 20 * MINUTE_MS,
};

/** Flex: OpenAI advises 15 minutes, Gemini aims at 1 to 15, Bedrock allows an hour (documentation, read 2026-11-21). */
const FLEX: Readonly<Partial<Record<ProviderName, number>>> = { bedrock: 65 * MINUTE_MS };

export function laneTimeoutMs(provider: ProviderName, tier: Tier): number {
  return tier === 'flex' ? (FLEX[provider] ?? USUAL.flex) : USUAL[tier];
}
