import { resolve as resolvePath } from 'node:path';
import { TIERS, type LimitSpec, type Tier } from '@offpeak/core';
import { isLoopback } from './address.ts';
import {
  LOOKUPS_PER_MINUTE,
  type Config,
  type EngineConfig,
  type ModelConfig,
  type ModelPrice,
  type ProjectConfig,
  type ProviderConfig,
  type ServerLimits,
  type TierSettings,
  type UpstreamConfig,
} from './config.ts';
import { providerUrl } from './provider-urls.ts';
import type {
  RawConfig,
  RawEngine,
  RawLimits,
  RawModel,
  RawProject,
  RawProvider,
  RawServer,
  RawTiers,
  RawUpstream,
} from './raw.ts';

const PICO_USD_PER_TOKEN = 1_000_000;

/** From the file's sections to what the gateway works with. `folder` is where relative paths begin. */
export function resolveConfig(raw: RawConfig, folder: string): Config {
  return {
    listen: raw.listen,
    data: resolvePath(folder, raw.data),
    auth: raw.auth ?? (isLoopback(raw.listen.host) ? 'open' : 'keys'),
    authStated: raw.auth !== undefined,
    upstreams: raw.upstreams.map(resolveUpstream),
    models: raw.models.map(resolveModel),
    preset: raw.tiers.preset,
    projects: raw.projects.map((project) => resolveProject(project, raw.tiers)),
    projectDefaults: resolveProject(NO_PROJECT, raw.tiers),
    slo: { ttftMs: raw.slo.ttft, tpotMs: raw.slo.tpot, flexShare: raw.slo.flexShare },
    server: resolveServer(raw.server),
    ledger: { keepMs: raw.ledger.keep },
    responses: { keepMs: raw.responses.keep },
    signatures: { region: raw.signatures.region },
    logs: raw.logs,
  };
}

/** What the schema makes of a project of which only the name is given. */
const NO_PROJECT: RawProject = {
  name: '',
  defaultTier: 'standard',
  maxTier: 'priority',
  autoBuysPriority: false,
  onUnavailable: 'refuse',
  limits: {},
  tiers: {},
  lookupsPerMinute: LOOKUPS_PER_MINUTE,
  providerKeys: {},
};

function resolveUpstream(raw: RawUpstream): UpstreamConfig {
  return raw.kind === 'engine' ? resolveEngine(raw) : resolveProvider(raw);
}

function resolveProvider(raw: RawProvider): ProviderConfig {
  const { accessKeyId, secretAccessKey, sessionToken } = raw;
  return {
    name: raw.name,
    kind: raw.kind,
    provider: raw.provider,
    url: raw.url ?? providerUrl(raw.provider, raw.region),
    models: raw.models,
    tiers: raw.tiers,
    api: raw.api,
    accountObjects: raw.accountObjects,
    concurrency: raw.concurrency,
    apiKey: raw.apiKey,
    region: raw.region,
    aws:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    headers: raw.headers,
  };
}

function resolveEngine(raw: RawEngine): EngineConfig {
  const { slots, kvTokens } = raw.capacity === 'auto' ? { slots: 'auto' as const } : raw.capacity;
  return {
    name: raw.name,
    kind: raw.kind,
    engine: raw.engine,
    url: raw.url,
    models: raw.models,
    capacity: kvTokens === undefined ? { slots } : { slots, kvTokens },
    enginePriority: raw.enginePriority,
    apiKey: raw.apiKey,
    headers: raw.headers,
  };
}

function resolveModel(raw: RawModel): ModelConfig {
  const targets = raw.targets.map(({ upstream, model, tiers, weight = 1 }) => ({ upstream, model, tiers, weight }));
  return { name: raw.name, targets, order: raw.order, price: resolvePrice(raw.price) };
}

function resolvePrice(raw: RawModel['price']): ModelPrice | undefined {
  if (raw === undefined) return undefined;
  return {
    inputPicoUsd: Math.round(raw.input * PICO_USD_PER_TOKEN),
    cachedInputPicoUsd: Math.round((raw.cachedInput ?? raw.input) * PICO_USD_PER_TOKEN),
    cacheWritePicoUsd: Math.round((raw.cacheWrite ?? raw.input) * PICO_USD_PER_TOKEN),
    ...(raw.longCacheWrite === undefined
      ? {}
      : { longCacheWritePicoUsd: Math.round(raw.longCacheWrite * PICO_USD_PER_TOKEN) }),
    outputPicoUsd: Math.round(raw.output * PICO_USD_PER_TOKEN),
  };
}

function resolveProject(raw: RawProject, tiers: RawTiers): ProjectConfig {
  const settings = TIERS.map((tier): [Tier, TierSettings] => [
    tier,
    {
      patienceMs: raw.tiers[tier]?.patience ?? tiers[tier]?.patience,
      price: raw.tiers[tier]?.price ?? tiers[tier]?.price,
      timeoutMs: raw.tiers[tier]?.timeout ?? tiers[tier]?.timeout,
      limits: resolveLimits(tiers[tier]?.limits, raw.limits[tier]),
    },
  ]);
  return {
    name: raw.name,
    defaultTier: raw.defaultTier,
    maxTier: raw.maxTier,
    autoBuysPriority: raw.autoBuysPriority,
    onUnavailable: raw.onUnavailable,
    maxWaitMs: raw.maxWait,
    tiers: Object.fromEntries(settings) as Record<Tier, TierSettings>,
    lookupsPerMinute: raw.lookupsPerMinute,
    providerKeys: raw.providerKeys,
  };
}

/** Limit by limit, the project's own first. */
function resolveLimits(general: RawLimits = {}, own: RawLimits = {}): LimitSpec {
  const merged = Object.entries({ ...general, ...own }).filter(([, limit]) => limit !== undefined);
  return Object.fromEntries(merged) as LimitSpec;
}

function resolveServer(raw: RawServer): ServerLimits {
  return {
    connectionsMax: raw.connectionsMax,
    headerBytesMax: raw.headerMax,
    headerReadMsMax: raw.headerReadMax,
    bodyBytesMax: raw.bodyMax,
    bodyReadMsMax: raw.bodyReadMax,
    idleMsMax: raw.idleMax,
    queueTicketsMax: raw.queueTicketsMax,
    queueBytesMax: raw.queueMemoryMax,
    unaryAnswerBytesMax: raw.unaryAnswerMax,
    slowReaderMsMax: raw.slowReaderMax,
    heartbeatMs: raw.heartbeat,
    upstreamConnectMsMax: raw.upstreamConnectMax,
    upstreamFirstByteMsMax: raw.upstreamFirstByteMax,
    upstreamSilenceMsMax: raw.upstreamSilenceMax,
    drainMsMax: raw.drainMax,
  };
}
