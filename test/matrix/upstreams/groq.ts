import type { Json } from '../../e2e/requests.ts';
import { GROQ_KEY, startGroq } from '../../providers/groq/fake.ts';
import { GROQ_REFUSALS } from '../../providers/groq/refusals.ts';
import { modelsOf, providerLine, type Upstream } from './upstream.ts';

/** It sees pictures and fills in schemas. */
const MODEL = 'meta-llama/llama-4-scout-17b-16e-instruct';
const MODELS = { thinking: 'openai/gpt-oss-20b' } as const;

export const GROQ_UPSTREAM: Upstream = {
  name: 'Groq',
  wire: 'groq',
  model: MODEL,
  models: MODELS,
  askWords: { priority: 'performance', standard: 'on_demand', flex: 'flex' },
  counts: ['cached', 'reasoning'],
  eventsToText: 3,
  refusals: { full: GROQ_REFUSALS.flexCapacity, rejected: GROQ_REFUSALS.toolUseFailed },
  tellsTier: { unary: 'at-once', stream: 'never' },
  start: async () => {
    const fake = await startGroq();
    const { settings } = fake;
    return {
      fake,
      line: (name, url = fake.url) =>
        providerLine({
          name,
          provider: 'groq',
          url: `"${url}"`,
          apiKey: GROQ_KEY,
          models: modelsOf({ model: MODEL, models: MODELS }),
          tiers: '[priority, standard, flex]',
        }),
      wish: (usage) => {
        settings.usage = usage;
      },
      serve: (how) => {
        settings.tier = how;
      },
      limit: (remaining, resetMs) => {
        settings.limits = { ...settings.limits!, requests: { limit: 1_000, remaining, resetMs } };
      },
      tierIn: ({ body }) => (body as Json)['service_tier'] as string | undefined,
    };
  },
};
