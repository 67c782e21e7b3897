import { idsOf, passed, type Protocol } from './protocol.ts';

/** The version whose shapes our own writers produce. A client of the same wire says which one it wants. */
const VERSION = '2023-06-01';

export const ANTHROPIC_PROTOCOL: Protocol = {
  wireFor(mount, operation) {
    if (operation === 'chat') return 'anthropic';
    return operation === 'count-tokens' && mount === 'anthropic' ? 'anthropic' : null;
  },
  path({ operation }) {
    return operation === 'count-tokens' ? '/v1/messages/count_tokens' : '/v1/messages';
  },
  headers({ client }) {
    return { 'anthropic-version': VERSION, ...passed(client, ['anthropic-version', 'anthropic-beta']) };
  },
  listing: { path: '/v1/models?limit=1000', read: idsOf },
  keyHeader: (key) => ['x-api-key', key],
};
