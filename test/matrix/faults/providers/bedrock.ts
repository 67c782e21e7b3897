import { BEDROCK_REFUSALS } from '../../../providers/bedrock/refusals.ts';
import { BEDROCK_UPSTREAM } from '../../upstreams/bedrock.ts';
import { soonBy, withMeanings, type Provider } from '../provider.ts';

export const BEDROCK_FAULTS: Provider = {
  upstream: BEDROCK_UPSTREAM,
  refusals: withMeanings(BEDROCK_REFUSALS, {
    throttled: 'busy',
    tokensThrottled: 'busy',
    dailyTokens: 'exhausted',
    unavailable: 'busy',
    notReady: 'busy',
    validation: 'request',
    inputTooLong: 'request',
    quota: 'exhausted',
    accessDenied: 'credentials',
    expiredToken: 'credentials',
    badSignature: 'credentials',
    unknownKey: 'credentials',
    noAuth: 'credentials',
    notFound: 'nothing',
    timeout: 'provider',
    modelError: 'provider',
    streamError: 'provider',
    internal: 'provider',
    untyped: 'busy',
  }),
  soon: (refusal) => soonBy('x-amz-retry-after', refusal),
};
