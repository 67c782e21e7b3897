/** What the fake knows of a model: what the real one refuses because of it. */
export interface BedrockModel {
  readonly id: string;
  /** False: it is asked by the id of an inference profile, which has a place before the model's. */
  readonly onDemand: boolean;
  readonly tiers: readonly ('default' | 'priority' | 'flex' | 'reserved')[];
  readonly choices: readonly ('auto' | 'any' | 'tool')[];
  readonly sees: boolean;
  readonly stops: boolean;
  readonly prefill: boolean;
  readonly maxTokens: number;
  /** Whose form `invoke` has; undefined: the fake does not know it. */
  readonly native?: 'claude' | 'nova';
  /** The name by which the maker of a Claude model calls it. */
  readonly claude?: string;
  readonly reasons: 'wished' | 'always' | 'no';
}

const CLAUDE = {
  onDemand: false,
  tiers: ['default', 'reserved'],
  choices: ['auto', 'any', 'tool'],
  sees: true,
  stops: true,
  native: 'claude',
  reasons: 'wished',
} as const;

/** Tiers: as of February 2026; no Claude and no Llama in flex, reserved capacity for some of the Claude models. */
export const BEDROCK_MODELS: readonly BedrockModel[] = [
  {
    ...CLAUDE,
    id: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    claude: 'claude-sonnet-4-5-20250929',
    prefill: true,
    maxTokens: 64_000,
  },
  { ...CLAUDE, id: 'anthropic.claude-opus-4-8', claude: 'claude-opus-4-8', prefill: false, maxTokens: 128_000 },
  {
    id: 'amazon.nova-pro-v1:0',
    onDemand: true,
    tiers: ['default', 'priority', 'flex'],
    choices: ['auto', 'any', 'tool'],
    sees: true,
    stops: true,
    prefill: true,
    maxTokens: 10_000,
    native: 'nova',
    reasons: 'no',
  },
  {
    id: 'openai.gpt-oss-120b-1:0',
    onDemand: true,
    tiers: ['default', 'priority', 'flex'],
    choices: ['auto'],
    sees: false,
    stops: false,
    prefill: false,
    maxTokens: 128_000,
    reasons: 'always',
  },
  {
    id: 'qwen.qwen3-32b-v1:0',
    onDemand: true,
    tiers: ['default', 'priority', 'flex'],
    choices: ['auto'],
    sees: false,
    stops: true,
    prefill: false,
    maxTokens: 16_384,
    reasons: 'no',
  },
  {
    id: 'meta.llama3-3-70b-instruct-v1:0',
    onDemand: true,
    tiers: ['default'],
    choices: ['auto'],
    sees: false,
    stops: true,
    prefill: false,
    maxTokens: 8_192,
    reasons: 'no',
  },
];

const PLACES = /^(?:us|eu|apac|jp|global)\./;

/** By its id, that of a profile, or the ARN of either. */
export function modelCalled(name: string): { readonly model: BedrockModel; readonly byProfile: boolean } | undefined {
  const id = name.startsWith('arn:aws:bedrock:') ? (name.split('/').at(-1) ?? '') : name;
  const model = BEDROCK_MODELS.find((known) => known.id === id.replace(PLACES, ''));
  return model === undefined ? undefined : { model, byProfile: PLACES.test(id) };
}
