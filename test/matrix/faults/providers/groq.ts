import { GROQ_REFUSALS } from '../../../providers/groq/refusals.ts';
import { GROQ_UPSTREAM } from '../../upstreams/groq.ts';
import { soonBy, withMeanings, type Provider } from '../provider.ts';

export const GROQ_FAULTS: Provider = {
  upstream: GROQ_UPSTREAM,
  refusals: withMeanings(GROQ_REFUSALS, {
    flexCapacity: 'busy',
    tokenLimit: 'busy',
    requestLimit: 'busy',
    dailyLimit: 'busy',
    tooLarge: 'request',
    spendCap: 'exhausted',
    invalidKey: 'credentials',
    forbidden: 'credentials',
    modelNotFound: 'nothing',
    toolUseFailed: 'request',
    jsonFailed: 'request',
    unprocessable: 'request',
    dependency: 'provider',
    cancelled: 'provider',
    internal: 'provider',
    badGateway: 'provider',
    overCapacity: 'busy',
  }),
  soon: (refusal) => soonBy('retry-after-ms', refusal),
};
