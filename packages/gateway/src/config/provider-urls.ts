import type { ProviderName } from './config.ts';

/** Where each provider's own SDK goes, without the version (read from the SDKs on 2026-11-21). */
const URLS: Readonly<Record<ProviderName, string>> = {
  openai: 'https://api.openai.com',
  groq: 'https://api.groq.com/openai',
  gemini: 'https://generativelanguage.googleapis.com',
  anthropic: 'https://api.anthropic.com',
  bedrock: 'https://bedrock-runtime.{region}.amazonaws.com',
};

/** The region that AWS's tools fall back to. */
export const AWS_REGION_DEFAULT = 'us-east-1';

export function providerUrl(provider: ProviderName, region: string = AWS_REGION_DEFAULT): string {
  return URLS[provider].replace('{region}', region);
}
