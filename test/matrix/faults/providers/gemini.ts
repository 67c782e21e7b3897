import { GEMINI_REFUSALS } from '../../../providers/gemini/refusals.ts';
import { GEMINI_UPSTREAM } from '../../upstreams/gemini.ts';
import { SOON_MS, withMeanings, type Provider } from '../provider.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

export const GEMINI_FAULTS: Provider = {
  upstream: GEMINI_UPSTREAM,
  refusals: withMeanings(GEMINI_REFUSALS, {
    overloaded: 'busy',
    requestLimit: 'busy',
    tokenLimit: 'busy',
    dailyQuota: 'exhausted',
    exhausted: 'busy',
    invalidKey: 'credentials',
    unauthenticated: 'credentials',
    permissionDenied: 'credentials',
    wrongPlace: 'provider',
    notFound: 'nothing',
    tooLong: 'request',
    internal: 'provider',
    deadline: 'provider',
  }),
  // The wait is told in the body here, and in no header.
  soon: (refusal) => {
    const { error } = refusal.body as { error: { details?: readonly { '@type': string }[] } };
    const others = (error.details ?? []).filter((detail) => detail['@type'] !== RETRY_INFO);
    const details = [...others, { '@type': RETRY_INFO, retryDelay: `${SOON_MS / 1_000}s` }];
    return { ...refusal, body: { error: { ...error, details } } };
  },
};
