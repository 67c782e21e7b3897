import type { UpstreamConfig } from './config/config.ts';

/** An engine that this process runs itself, beside or instead of the upstreams of the configuration. */
export interface OwnEngine {
  /** It answers now, and only simulates. */
  readonly simulates: boolean;
  /** The upstreams to use where these are configured. */
  upstreams(configured: readonly UpstreamConfig[]): Promise<readonly UpstreamConfig[]>;
  stop(): Promise<void>;
}
