import type { Json } from '../../e2e/requests.ts';
import { OPENAI_KEY, startOpenAi } from '../../providers/openai/fake.ts';
import { OPENAI_REFUSALS } from '../../providers/openai/refusals.ts';
import { providerLine, type Running, type Upstream } from './upstream.ts';

export const OPENAI_MODEL = 'gpt-5.6-luna';

/** OpenAI behind either of its interfaces. */
export async function runOpenAi(api: 'chat' | 'responses'): Promise<Running> {
  const fake = await startOpenAi();
  const { settings } = fake;
  return {
    fake,
    line: (name, url = fake.url) =>
      providerLine({ name, provider: 'openai', api, url: `"${url}"`, apiKey: OPENAI_KEY, models: `[${OPENAI_MODEL}]` }),
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
