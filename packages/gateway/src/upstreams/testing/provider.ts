import type { ProviderConfig } from '../../config/config.ts';
import { providerUrl } from '../../config/provider-urls.ts';
import { ProviderUpstream } from '../provider-upstream.ts';

/** A provider that is never started, and so never connects. */
export function idleProvider(name: string, values: Partial<ProviderConfig> = {}): ProviderUpstream {
  const provider = values.provider ?? 'openai';
  const settings: ProviderConfig = {
    name,
    kind: 'provider',
    provider,
    url: providerUrl(provider),
    models: ['m'],
    tiers: undefined,
    api: 'auto',
    accountObjects: 'refused',
    concurrency: 'auto',
    apiKey: 'operator-key',
    region: undefined,
    aws: undefined,
    headers: {},
    ...values,
  };
  return new ProviderUpstream(settings, 1_000, { providerListed: () => undefined, providerSilent: () => undefined });
}
