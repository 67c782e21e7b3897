import { ANTHROPIC_REFUSALS } from '../../../providers/anthropic/refusals.ts';
import { ANTHROPIC_UPSTREAM } from '../../upstreams/anthropic.ts';
import { soonBy, withMeanings, type Provider } from '../provider.ts';

export const ANTHROPIC_FAULTS: Provider = {
  upstream: ANTHROPIC_UPSTREAM,
  refusals: withMeanings(ANTHROPIC_REFUSALS, {
    overloaded: 'busy',
    rateLimit: 'busy',
    spendLimit: 'exhausted',
    invalidKey: 'credentials',
    billing: 'exhausted',
    permission: 'credentials',
    modelNotFound: 'nothing',
    tooLarge: 'request',
    promptTooLong: 'request',
    apiError: 'provider',
    timeout: 'provider',
  }),
  soon: (refusal) => soonBy('retry-after-ms', refusal),
};
