import type { DialectName, PostOperation } from '@offpeak/dialects';
import type { OpenaiApi } from '../../config/config.ts';
import { bearer, idsOf, passed, type Protocol } from './protocol.ts';

const PATHS: Readonly<Record<PostOperation, string>> = {
  chat: '/v1/chat/completions',
  completions: '/v1/completions',
  embeddings: '/v1/embeddings',
};

export function openaiProtocol(api: OpenaiApi): Protocol {
  return {
    wireFor(mount, operation): DialectName | null {
      if (operation === 'count-tokens') return null;
      if (operation !== 'chat') return mount === 'openai' || mount === 'groq' ? 'openai' : null;
      if (api === 'auto' && mount === 'responses') return 'responses';
      return api === 'responses' ? 'responses' : 'openai';
    },
    path({ wire, operation }) {
      return wire === 'responses' ? '/v1/responses' : PATHS[operation as PostOperation];
    },
    headers({ client }) {
      return passed(client, ['openai-beta']);
    },
    listing: { path: '/v1/models', read: idsOf },
    keyHeader: bearer,
  };
}
