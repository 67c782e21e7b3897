import type { PresetName } from './presets.ts';
import type { Tier } from './tier.ts';
import { undated } from './undated.ts';

/** Models that a provider sells a tier for. */
interface TierSale {
  readonly tier: 'priority' | 'flex';
  /** Any of these must match the model's name, without its vendor and date; absent: every model. */
  readonly models?: readonly RegExp[];
  /** And none of these. */
  readonly except?: readonly RegExp[];
}

interface ProviderTiers {
  readonly sales: readonly TierSale[];
  /** Where it is said, and when that was read. */
  readonly source: string;
  readonly date: string;
}

const EMBEDDINGS = /embedding/;

/** One list for both, of the user guide. The names begin with a vendor, and with a region before that where requests cross regions. */
const BEDROCK_MODELS: readonly RegExp[] = [
  /\bopenai\.gpt-oss-/,
  /\bqwen\.qwen3-/,
  /\bdeepseek\.v3/,
  /\bamazon\.nova-(pro|premier|2)-/,
  /\bgoogle\.gemma-3-/,
  /\bminimax\.minimax-m2/,
  /\bmistral\./,
  /\bmoonshot(ai)?\.kimi-k2/,
  /\bnvidia\.nemotron-/,
];

const PROVIDER_TIERS: Readonly<Record<PresetName, ProviderTiers>> = {
  openai: {
    sales: [
      { tier: 'priority', except: [/^ft:/, EMBEDDINGS] },
      {
        tier: 'flex',
        models: [
          /^o3$/,
          /^o4-mini$/,
          /^gpt-5(-mini|-nano)?$/,
          /^gpt-5\.1$/,
          /^gpt-5\.[25](-pro)?$/,
          /^gpt-5\.4/,
          /^gpt-5\.6/,
          /^gpt-6-(sol|luna)$/,
          /^gpt-6\.1-terra$/,
        ],
      },
    ],
    source: 'OpenAI documentation: flex processing, priority processing; of the GPT-6 models those with a flex price',
    date: '2026-10-04',
  },
  groq: {
    // Its `performance` tier is sold by contract.
    sales: [{ tier: 'flex' }],
    source: 'Groq documentation: service tiers, flex processing',
    date: '2026-08-21',
  },
  gemini: {
    sales: [
      { tier: 'priority', except: [EMBEDDINGS] },
      { tier: 'flex', except: [EMBEDDINGS] },
    ],
    source: 'Gemini API documentation: flex and priority inference, which requests for embeddings have no field for',
    date: '2026-10-07',
  },
  anthropic: {
    sales: [{ tier: 'priority' }],
    source: 'Anthropic documentation: service tiers. It is served to who has a commitment, and sold to nobody else',
    date: '2026-11-21',
  },
  bedrock: {
    sales: [
      { tier: 'priority', models: BEDROCK_MODELS },
      { tier: 'flex', models: BEDROCK_MODELS },
    ],
    source: 'Amazon Bedrock user guide: service tiers',
    date: '2026-02-28',
  },
};

/** The tiers at which a provider answers requests for a model by itself, the most urgent first. Batch is another API everywhere. */
export function nativeTiers(provider: PresetName, model: string): readonly Tier[] {
  const name = undated(model.slice(model.lastIndexOf('/') + 1));
  const { sales } = PROVIDER_TIERS[provider];
  const sells = (tier: TierSale['tier']): boolean => sales.some((sale) => sale.tier === tier && covers(sale, name));
  return [
    ...(sells('priority') ? (['priority'] as const) : []),
    'standard',
    ...(sells('flex') ? (['flex'] as const) : []),
  ];
}

function covers({ models, except = [] }: TierSale, name: string): boolean {
  const isListed = models === undefined || models.some((pattern) => pattern.test(name));
  return isListed && !except.some((pattern) => pattern.test(name));
}
