import type { LimitSpec, Tier } from '@offpeak/core';
import type {
  AccountObjects,
  AuthMode,
  EngineKind,
  Listen,
  LogConfig,
  OnUnavailable,
  OpenaiApi,
  PresetName,
  ProviderName,
  ServerLimits,
  Slo,
  TargetOrder,
} from './config.ts';

/** The file after its schema: single values are checked and have their units; sections do not know of each other yet. */
export interface RawConfig {
  readonly listen: Listen;
  readonly data: string;
  readonly auth?: AuthMode | undefined;
  readonly upstreams: readonly RawUpstream[];
  readonly models: readonly RawModel[];
  readonly tiers: RawTiers;
  readonly projects: readonly RawProject[];
  readonly slo: { readonly ttft: Slo['ttftMs']; readonly tpot: Slo['tpotMs']; readonly flexShare: Slo['flexShare'] };
  readonly server: RawServer;
  readonly ledger: { readonly keep: number };
  readonly responses: { readonly keep: number };
  readonly signatures: { readonly region?: string | undefined };
  readonly logs: LogConfig;
}

export type RawUpstream = RawEngine | RawProvider;

export interface RawEngine {
  readonly name: string;
  readonly kind: 'engine';
  readonly engine: EngineKind;
  readonly url: string;
  readonly models: 'auto' | readonly string[];
  readonly capacity: 'auto' | { readonly slots: 'auto' | number; readonly kvTokens?: number | undefined };
  readonly enginePriority: boolean;
  readonly apiKey?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RawProvider {
  readonly name: string;
  readonly kind: 'provider';
  readonly provider: ProviderName;
  readonly url?: string | undefined;
  readonly models: 'auto' | readonly string[];
  readonly tiers?: readonly Tier[] | undefined;
  readonly api: OpenaiApi;
  readonly accountObjects: AccountObjects;
  readonly concurrency: 'auto' | number;
  readonly apiKey?: string | undefined;
  readonly region?: string | undefined;
  readonly accessKeyId?: string | undefined;
  readonly secretAccessKey?: string | undefined;
  readonly sessionToken?: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RawModel {
  readonly name: string;
  readonly targets: readonly RawTarget[];
  readonly order: TargetOrder;
  readonly price?:
    | {
        readonly input: number;
        readonly cachedInput?: number | undefined;
        readonly cacheWrite?: number | undefined;
        readonly longCacheWrite?: number | undefined;
        readonly output: number;
      }
    | undefined;
}

export interface RawTarget {
  readonly upstream: string;
  readonly model: string;
  readonly tiers?: readonly Tier[] | undefined;
  readonly weight?: number | undefined;
}

export type RawLimits = { readonly [kind in keyof LimitSpec]?: number | undefined };

export interface RawTier {
  readonly patience?: number | undefined;
  readonly price?: number | undefined;
  readonly timeout?: number | undefined;
}

export type RawTiers = { readonly preset?: PresetName | undefined } & {
  readonly [tier in Tier]?: (RawTier & { readonly limits?: RawLimits | undefined }) | undefined;
};

export interface RawProject {
  readonly name: string;
  readonly defaultTier: Tier;
  readonly maxTier: Tier;
  readonly autoBuysPriority: boolean;
  readonly onUnavailable: OnUnavailable;
  readonly maxWait?: number | undefined;
  readonly limits: { readonly [tier in Tier]?: RawLimits | undefined };
  readonly tiers: { readonly [tier in Tier]?: RawTier | undefined };
  readonly lookupsPerMinute: number;
  readonly providerKeys: Readonly<Record<string, string>>;
}

export interface RawServer {
  readonly connectionsMax: ServerLimits['connectionsMax'];
  readonly headerMax: ServerLimits['headerBytesMax'];
  readonly headerReadMax: ServerLimits['headerReadMsMax'];
  readonly bodyMax: ServerLimits['bodyBytesMax'];
  readonly bodyReadMax: ServerLimits['bodyReadMsMax'];
  readonly idleMax: ServerLimits['idleMsMax'];
  readonly queueTicketsMax: ServerLimits['queueTicketsMax'];
  readonly queueMemoryMax: ServerLimits['queueBytesMax'];
  readonly unaryAnswerMax: ServerLimits['unaryAnswerBytesMax'];
  readonly slowReaderMax: ServerLimits['slowReaderMsMax'];
  readonly heartbeat: ServerLimits['heartbeatMs'];
  readonly upstreamConnectMax: ServerLimits['upstreamConnectMsMax'];
  readonly upstreamFirstByteMax: ServerLimits['upstreamFirstByteMsMax'];
  readonly upstreamSilenceMax: ServerLimits['upstreamSilenceMsMax'];
  readonly drainMax: ServerLimits['drainMsMax'];
}
