import type { Json } from '../../e2e/requests.ts';
import { BEDROCK_KEY, startBedrock } from '../../providers/bedrock/fake.ts';
import { BEDROCK_REFUSALS } from '../../providers/bedrock/refusals.ts';
import { modelsOf, running, type Upstream } from './upstream.ts';

/** Of the models that are sold at every tier, the one that sees pictures. */
const MODEL = 'amazon.nova-pro-v1:0';
const MODELS = { thinking: 'openai.gpt-oss-120b-1:0', budget: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0' } as const;

export const BEDROCK_UPSTREAM: Upstream = {
  name: 'Bedrock',
  wire: 'bedrock',
  model: MODEL,
  models: MODELS,
  askWords: { priority: 'priority', standard: 'default', flex: 'flex' },
  counts: ['cached', 'cacheWrite'],
  eventsToText: 3,
  refusals: { full: BEDROCK_REFUSALS.unavailable, rejected: BEDROCK_REFUSALS.inputTooLong },
  tellsTier: { unary: 'at-once', stream: 'late' },
  start: async () => {
    const fake = await startBedrock();
    const members = { provider: 'bedrock', apiKey: BEDROCK_KEY, models: modelsOf({ model: MODEL, models: MODELS }) };
    return running(fake, members, {
      serve: (how) => {
        fake.settings.tier = how;
      },
      tierIn: ({ body }) => ((body as Json)['serviceTier'] as Json | undefined)?.['type'] as string | undefined,
    });
  },
};
