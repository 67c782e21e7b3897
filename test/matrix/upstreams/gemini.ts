import { GEMINI_KEY, startGemini } from '../../providers/gemini/fake.ts';
import { GEMINI_REFUSALS } from '../../providers/gemini/refusals.ts';
import { modelsOf, running, wordAt, type Upstream } from './upstream.ts';

const MODEL = 'gemini-3.8-flash';
const MODELS = { budget: 'gemini-2.5-flash', probable: 'gemini-2.5-flash' } as const;

export const GEMINI_UPSTREAM: Upstream = {
  name: 'Gemini',
  wire: 'gemini',
  model: MODEL,
  models: MODELS,
  askWords: { priority: 'priority', standard: 'standard', flex: 'flex' },
  counts: ['cached', 'reasoning'],
  eventsToText: 2,
  refusals: { full: GEMINI_REFUSALS.overloaded, rejected: GEMINI_REFUSALS.tooLong },
  tellsTier: { unary: 'at-once', stream: 'at-once' },
  start: async () => {
    const fake = await startGemini();
    const members = { provider: 'gemini', apiKey: GEMINI_KEY, models: modelsOf({ model: MODEL, models: MODELS }) };
    return running(fake, members, {
      serve: (how) => {
        fake.settings.tier = how;
      },
      tierIn: wordAt('serviceTier'),
    });
  },
};
