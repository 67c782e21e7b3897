import { OPENAI_KEY, startOpenAi } from '../../providers/openai/fake.ts';
import { OPENAI_REFUSALS } from '../../providers/openai/refusals.ts';
import { requestsLeft, running, wordAt, type Running, type Upstream } from './upstream.ts';

export const OPENAI_MODEL = 'gpt-5.6-luna';

/** OpenAI behind either of its interfaces. */
export async function runOpenAi(api: 'chat' | 'responses'): Promise<Running> {
  const fake = await startOpenAi();
  const members = { provider: 'openai', api, apiKey: OPENAI_KEY, models: `[${OPENAI_MODEL}]` };
  return running(fake, members, {
    serve: (how) => {
      fake.settings.tier = how;
    },
    limit: requestsLeft(fake.settings),
    tierIn: wordAt('service_tier'),
  });
}

export const OPENAI_CHAT: Upstream = {
  name: 'OpenAI, chat',
  wire: 'openai',
  model: OPENAI_MODEL,
  askWords: { priority: 'priority', standard: 'default', flex: 'flex' },
  counts: ['cached', 'cacheWrite', 'reasoning'],
  eventsToText: 3,
  refusals: { full: OPENAI_REFUSALS.flexUnavailable, rejected: OPENAI_REFUSALS.contextTooLong },
  tellsTier: { unary: 'at-once', stream: 'at-once' },
  start: () => runOpenAi('chat'),
};
