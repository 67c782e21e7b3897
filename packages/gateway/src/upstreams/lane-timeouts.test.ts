import { TIERS } from '@offpeak/core';
import { expect, test } from 'vitest';
import { PROVIDER_NAMES } from '../config/config.ts';
import { laneTimeoutMs } from './lane-timeouts.ts';

const MINUTE_MS = 60_000;

test('interactive tiers get as long as the SDKs wait themselves', () => {
  for (const provider of PROVIDER_NAMES) {
    expect(laneTimeoutMs(provider, 'priority')).toBe(10 * MINUTE_MS);
    expect(laneTimeoutMs(provider, 'standard')).toBe(10 * MINUTE_MS);
  }
});

test('flex gets longer than the provider says that it may take', () => {
  const promised = { openai: 15, groq: 10, gemini: 15, anthropic: 10, bedrock: 60 };
  for (const provider of PROVIDER_NAMES) {
    expect(laneTimeoutMs(provider, 'flex')).toBeGreaterThan(promised[provider] * MINUTE_MS);
  }
});

test('no tier is given less time than a more urgent one', () => {
  for (const provider of PROVIDER_NAMES) {
    const [priority, standard, flex] = TIERS.map((tier) => laneTimeoutMs(provider, tier)) as [number, number, number];
    expect(standard).toBeGreaterThanOrEqual(priority);
    expect(flex).toBeGreaterThanOrEqual(standard);
  }
});
