import { BASE_RULES, type Preset } from './rules.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Flex at half the price that waits up to a quarter of an hour, as OpenAI's documentation tells clients to expect. */
const openai: Preset = {
  name: 'openai',
  source: 'OpenAI documentation: flex processing, fast mode, pricing',
  verified: '2026-11-21',
  auto: 'project-default',
  tiers: {
    ...BASE_RULES,
    // Fast mode draws on the pool of standard; overflow is served as standard.
    priority: { ...BASE_RULES.priority, limits: { bucket: 'standard' } },
    flex: { ...BASE_RULES.flex, patienceMs: 15 * MINUTE_MS },
  },
};

/** Flex at the normal price with ten times the limits, refused at once instead of queued; `auto` spills into it. */
const groq: Preset = {
  name: 'groq',
  source: 'Groq documentation: service tiers, flex processing, rate limits',
  verified: '2026-11-21',
  auto: 'spill',
  tiers: {
    ...BASE_RULES,
    // Provisioned throughput is contracted, so no public multiple of the price exists; the base rule's stands in.
    flex: { patienceMs: SECOND_MS, price: 1, limits: { bucket: 'own', timesStandard: 10 } },
  },
};

export const PRESETS: { readonly openai: Preset; readonly groq: Preset } = { openai, groq };
