import { GROQ_KEY, startGroq } from '../../providers/groq/fake.ts';
import { GROQ_REFUSALS } from '../../providers/groq/refusals.ts';
import { modelsOf, requestsLeft, running, wordAt, type Upstream } from './upstream.ts';

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
    const models = modelsOf({ model: MODEL, models: MODELS });
    const members = { provider: 'groq', apiKey: GROQ_KEY, models, tiers: '[priority, standard, flex]' };
    return running(fake, members, {
      serve: (how) => {
        fake.settings.tier = how;
      },
      limit: requestsLeft(fake.settings),
      tierIn: wordAt('service_tier'),
    });
  },
};
