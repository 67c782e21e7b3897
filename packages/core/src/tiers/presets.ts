import { DEFAULT_TIER_RULES, type TierRules } from './rules.ts';

/**
 * What `auto` means.
 * - `spill`: standard while its limits last, then flex;
 * - `project-default`: the project's default tier;
 * - `priority-if-allowed`: priority for projects that may buy it so, else standard.
 */
export type AutoMeaning = 'spill' | 'project-default' | 'priority-if-allowed';

/** A provider's tier product as data, so that it can be had on one's own engines. */
export interface TierPreset {
  readonly name: string;
  readonly auto: AutoMeaning;
  readonly tiers: TierRules;
  /** Where the numbers come from, and when they were read there. */
  readonly source: string;
  readonly date: string;
}

const openai: TierPreset = {
  name: 'openai',
  auto: 'project-default',
  tiers: {
    ...DEFAULT_TIER_RULES,
    // Priority draws on the same pool as standard; a request that found no flex capacity in a quarter of an hour is refused.
    priority: { ...DEFAULT_TIER_RULES.priority, limits: { kind: 'shared' } },
    flex: { ...DEFAULT_TIER_RULES.flex, patienceMs: 15 * 60_000 },
  },
  source: 'OpenAI documentation: flex processing, priority processing, pricing',
  date: '2026-10-04',
};

const groq: TierPreset = {
  name: 'groq',
  auto: 'spill',
  tiers: {
    ...DEFAULT_TIER_RULES,
    // Flex buys ten times the limits at the same price, and fails fast instead of queueing.
    flex: { patienceMs: 1_000, priceMultiplier: 1, limits: { kind: 'own', timesStandard: 10 } },
  },
  source: 'Groq documentation: service tiers, flex processing, batch',
  date: '2026-08-21',
};

const gemini: TierPreset = {
  name: 'gemini',
  auto: 'project-default',
  tiers: {
    ...DEFAULT_TIER_RULES,
    // Flex counts against the normal limits and is shed when capacity is short; answers take up to a quarter of an hour.
    priority: { ...DEFAULT_TIER_RULES.priority, priceMultiplier: 1.8 },
    flex: { patienceMs: 15 * 60_000, priceMultiplier: 0.5, limits: { kind: 'shared' } },
  },
  source: 'Gemini API documentation: flex and priority inference, pricing (1.75 to 2 times for priority; 1.8 seen)',
  date: '2026-10-07',
};

const anthropic: TierPreset = {
  name: 'anthropic',
  auto: 'priority-if-allowed',
  tiers: {
    ...DEFAULT_TIER_RULES,
    // Committed capacity is paid for by contract, and its requests count against the normal limits as well.
    priority: { ...DEFAULT_TIER_RULES.priority, priceMultiplier: 1, limits: { kind: 'shared' } },
  },
  source: 'Anthropic documentation: service tiers, pricing. It sells no flex; that row is the default one',
  date: '2026-11-21',
};

const bedrock: TierPreset = {
  name: 'bedrock',
  auto: 'project-default',
  tiers: {
    ...DEFAULT_TIER_RULES,
    // One on-demand quota for all three; a flex request may take an hour.
    priority: { ...DEFAULT_TIER_RULES.priority, priceMultiplier: 1.75, limits: { kind: 'shared' } },
    flex: { patienceMs: 60 * 60_000, priceMultiplier: 0.5, limits: { kind: 'shared' } },
  },
  source: 'Amazon Bedrock user guide: service tiers; AWS Price List',
  date: '2026-09-01',
};

export const PRESETS: Readonly<Record<PresetName, TierPreset>> = { openai, groq, gemini, anthropic, bedrock };

export type PresetName = 'openai' | 'groq' | 'gemini' | 'anthropic' | 'bedrock';
