import { bearer, idsOf, type Protocol } from './protocol.ts';

export const GROQ_PROTOCOL: Protocol = {
  wireFor(mount, operation) {
    if (operation === 'chat') return 'groq';
    return operation === 'embeddings' && (mount === 'groq' || mount === 'openai') ? 'groq' : null;
  },
  path({ operation }) {
    return operation === 'embeddings' ? '/v1/embeddings' : '/v1/chat/completions';
  },
  headers() {
    return {};
  },
  listing: { path: '/v1/models', read: idsOf },
  keyHeader: bearer,
};
