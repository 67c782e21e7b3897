import { ANTHROPIC_KEY, startAnthropic } from '../../providers/anthropic/fake.ts';
import { ANTHROPIC_REFUSALS } from '../../providers/anthropic/refusals.ts';
import { modelsOf, requestsLeft, running, wordAt, type Upstream } from './upstream.ts';

const MODEL = 'claude-haiku-4-5';
const MODELS = { thinking: 'claude-sonnet-4-6', budget: 'claude-sonnet-4-6' } as const;

export const ANTHROPIC_UPSTREAM: Upstream = {
  name: 'Anthropic',
  wire: 'anthropic',
  model: MODEL,
  models: MODELS,
  // It sells no flex, and priority only to who has bought it: the answer tells whether it was had.
  askWords: { priority: 'auto', standard: 'standard_only' },
  counts: ['cached', 'cacheWrite', 'reasoning'],
  eventsToText: 5,
  refusals: { full: ANTHROPIC_REFUSALS.overloaded, rejected: ANTHROPIC_REFUSALS.promptTooLong },
  tellsTier: { unary: 'at-once', stream: 'at-once' },
  start: async () => {
    const fake = await startAnthropic();
    const { settings } = fake;
    const served = { 'as-asked': 'priority', downgraded: 'standard', absent: null } as const;
    settings.tier = 'priority';
    const members = {
      provider: 'anthropic',
      apiKey: ANTHROPIC_KEY,
      models: modelsOf({ model: MODEL, models: MODELS }),
    };
    return running(fake, members, {
      serve: (how) => {
        settings.tier = served[how];
      },
      limit: requestsLeft(settings),
      tierIn: wordAt('service_tier'),
    });
  },
};
