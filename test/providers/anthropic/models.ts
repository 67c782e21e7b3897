/** What the fake knows of a model: what the real one refuses because of it. */
export interface AnthropicModel {
  readonly id: string;
  readonly name: string;
  /** Accepted ways to think, and what happens where a request does not say. */
  readonly thinking: readonly ('enabled' | 'adaptive' | 'between_tools' | 'disabled')[];
  readonly thinksByDefault: boolean;
  /** What is shown of thoughts where a request does not say. */
  readonly display: 'summarized' | 'omitted';
  /** False: only values that change nothing are accepted. */
  readonly sampling: boolean;
  readonly prefill: boolean;
  /** Accepts `system` messages within the conversation. */
  readonly systemLater: boolean;
  readonly effort: boolean;
  readonly forcedTools: boolean;
  readonly fast: boolean;
  readonly maxTokens: number;
}

const OLDER = {
  thinking: ['enabled', 'disabled'],
  thinksByDefault: false,
  display: 'summarized',
  sampling: true,
  prefill: true,
  systemLater: false,
  effort: false,
  forcedTools: true,
  fast: false,
  maxTokens: 64_000,
} as const;

const NEWER = {
  thinking: ['adaptive', 'disabled'],
  thinksByDefault: false,
  display: 'omitted',
  sampling: false,
  prefill: false,
  systemLater: true,
  effort: true,
  forcedTools: true,
  fast: false,
  maxTokens: 128_000,
} as const;

/** By the provider's model pages and migration guides, October 2026. */
export const ANTHROPIC_MODELS: readonly AnthropicModel[] = [
  { ...OLDER, id: 'claude-haiku-4-5-20251001', name: 'Claude Haiku 4.5' },
  { ...OLDER, id: 'claude-sonnet-4-5-20250929', name: 'Claude Sonnet 4.5' },
  {
    ...OLDER,
    id: 'claude-sonnet-4-6',
    name: 'Claude Sonnet 4.6',
    thinking: ['enabled', 'adaptive', 'disabled'],
    prefill: false,
    effort: true,
    maxTokens: 128_000,
  },
  { ...NEWER, id: 'claude-opus-4-8', name: 'Claude Opus 4.8', fast: true },
  { ...NEWER, id: 'claude-sonnet-5', name: 'Claude Sonnet 5', thinksByDefault: true, systemLater: false },
  { ...NEWER, id: 'claude-opus-5', name: 'Claude Opus 5', thinksByDefault: true },
  {
    ...NEWER,
    id: 'claude-sonnet-5-5',
    name: 'Claude Sonnet 5.5',
    thinking: ['adaptive', 'between_tools'],
    thinksByDefault: true,
    forcedTools: false,
  },
  {
    ...NEWER,
    id: 'claude-opus-5-5',
    name: 'Claude Opus 5.5',
    thinking: ['adaptive'],
    thinksByDefault: true,
    fast: true,
  },
];

const ALIASES: Readonly<Record<string, string>> = {
  'claude-haiku-4-5': 'claude-haiku-4-5-20251001',
  'claude-sonnet-4-5': 'claude-sonnet-4-5-20250929',
};

export function modelCalled(id: string): AnthropicModel | undefined {
  const full = ALIASES[id] ?? id;
  return ANTHROPIC_MODELS.find((model) => model.id === full);
}
