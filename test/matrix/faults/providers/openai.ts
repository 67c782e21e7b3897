import { OPENAI_REFUSALS } from '../../../providers/openai/refusals.ts';
import { OPENAI_CHAT } from '../../upstreams/openai.ts';
import { soonBy, withMeanings, type Provider } from '../provider.ts';

export const OPENAI_FAULTS: Provider = {
  upstream: OPENAI_CHAT,
  refusals: withMeanings(OPENAI_REFUSALS, {
    flexUnavailable: 'busy',
    tokenLimit: 'busy',
    requestLimit: 'busy',
    insufficientQuota: 'exhausted',
    overloaded: 'busy',
    slowDown: 'busy',
    serverError: 'provider',
    invalidKey: 'credentials',
    unsupportedRegion: 'credentials',
    modelNotFound: 'nothing',
    contextTooLong: 'request',
    contentPolicy: 'request',
  }),
  soon: (refusal) => soonBy('retry-after-ms', refusal),
};
