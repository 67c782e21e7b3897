import { DEFAULT_SHADOW_SETTINGS, type CapacitySpec, type LimitSpec, type Tier } from '@offpeak/core';

/**
 * The whole configuration, resolved: every default is applied, every duration is in ms, every size in bytes, and names that
 * refer to each other are known to exist. Nothing behind this type reads YAML or the environment.
 */
export interface Config {
  readonly listen: Listen;
  /** Absolute path of the folder that holds the database. */
  readonly data: string;
  readonly auth: AuthMode;
  /** False when `auth` followed from the address; an override of the address then decides again. */
  readonly authStated: boolean;
  readonly upstreams: readonly UpstreamConfig[];
  readonly models: readonly ModelConfig[];
  /** Absent: each mount has its own provider's preset. */
  readonly preset: PresetName | undefined;
  readonly projects: readonly ProjectConfig[];
  /** What a project that exists only in the store gets. Its name is empty; see `projectNamed`. */
  readonly projectDefaults: ProjectConfig;
  readonly slo: Slo;
  readonly server: ServerLimits;
  readonly ledger: LedgerConfig;
  readonly responses: ResponsesConfig;
  readonly signatures: SignatureConfig;
  readonly logs: LogConfig;
}

export interface Listen {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** `open` serves whoever connects, as the project `default`; only a loopback address may be open. */
export type AuthMode = 'keys' | 'open';

export const PRESET_NAMES = ['openai', 'groq', 'gemini', 'anthropic', 'bedrock'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

/** What an engine speaks beyond plain OpenAI. `openai` is any OpenAI-compatible server; `auto` is found out by asking it. */
export const ENGINE_KINDS = ['auto', 'vllm', 'sglang', 'llama.cpp', 'ollama', 'openai'] as const;
export type EngineKind = (typeof ENGINE_KINDS)[number];

export type UpstreamConfig = EngineConfig | ProviderConfig;

export interface EngineConfig {
  readonly name: string;
  readonly kind: 'engine';
  readonly engine: EngineKind;
  /** Origin and base path without `/v1` and without a slash at the end. */
  readonly url: string;
  readonly models: 'auto' | readonly string[];
  readonly capacity: CapacitySpec;
  /** Tell the engine each request's tier in its own priority field. */
  readonly enginePriority: boolean;
  readonly apiKey: string | undefined;
  /** Sent with every request to it; names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

export const PROVIDER_NAMES = ['openai', 'groq', 'gemini', 'anthropic', 'bedrock'] as const;
export type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Which of OpenAI's two interfaces requests that are translated go to. `auto`: chat completions. Requests of a wire's own go to that wire. */
export const OPENAI_APIS = ['auto', 'chat', 'responses'] as const;
export type OpenaiApi = (typeof OPENAI_APIS)[number];

/**
 * Names of what lies in a provider's account (files, caches, conversations), in requests that are sent with a key that several projects share.
 * `refused`: whoever learnt a name could use what is another's. `shared`: the operator lets them.
 */
export const ACCOUNT_OBJECTS = ['refused', 'shared'] as const;
export type AccountObjects = (typeof ACCOUNT_OBJECTS)[number];

/** A hosted provider: it has tiers and limits of its own, and capacity that is not ours. */
export interface ProviderConfig {
  readonly name: string;
  readonly kind: 'provider';
  readonly provider: ProviderName;
  /** Origin and base path without a version and without a slash at the end. */
  readonly url: string;
  /** `auto`: what the provider lists, and what targets name. */
  readonly models: 'auto' | readonly string[];
  /** The tiers that it sells for every model of it; absent: what is known of the provider and the model. */
  readonly tiers: readonly Tier[] | undefined;
  readonly api: OpenaiApi;
  readonly accountObjects: AccountObjects;
  /** Requests at once, at most; `auto`: as many as it takes. */
  readonly concurrency: number | 'auto';
  readonly apiKey: string | undefined;
  /** Bedrock only: where it is, and credentials to sign with in place of a key. */
  readonly region: string | undefined;
  readonly aws: AwsCredentials | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * In which order a model's targets are asked.
 * - `auto`: own engines share the work; what they cannot take now goes to the providers, in the order of the file;
 * - `listed`: in the order of the file, engines too;
 * - `cost`: own engines, then the provider that is the cheapest for the tier;
 * - `weights`: all at once, in proportion to their weights.
 */
export const TARGET_ORDERS = ['auto', 'listed', 'cost', 'weights'] as const;
export type TargetOrder = (typeof TARGET_ORDERS)[number];

export interface ModelConfig {
  readonly name: string;
  /** Empty: every upstream that serves a model of this very name. */
  readonly targets: readonly ModelTarget[];
  readonly order: TargetOrder;
  readonly price: ModelPrice | undefined;
}

export interface ModelTarget {
  readonly upstream: string;
  readonly model: string;
  /** The tiers that may go to it; absent: all that it has. Providers only. */
  readonly tiers: readonly Tier[] | undefined;
  readonly weight: number;
}

/** Picodollars for one token (USD per 1M tokens times 10^6): whole numbers, so that money is never a float. */
export interface ModelPrice {
  readonly inputPicoUsd: number;
  readonly cachedInputPicoUsd: number;
  readonly cacheWritePicoUsd: number;
  /** Absent: nobody said what it costs to keep a cache for longer than usual. */
  readonly longCacheWritePicoUsd?: number;
  readonly outputPicoUsd: number;
}

/** What config says about one tier for one project: the project's own word, else `tiers:`, else absent (the preset's). */
export interface TierSettings {
  readonly patienceMs: number | undefined;
  /** Times the model's price. */
  readonly price: number | undefined;
  /** How long a provider may work on one request before it begins to answer, apart from any wait before; absent: the tier's usual. */
  readonly timeoutMs: number | undefined;
  /** Limits that are absent here follow from the preset. */
  readonly limits: LimitSpec;
}

export interface ProjectConfig {
  readonly name: string;
  readonly defaultTier: Tier;
  /** The most urgent tier that its requests may ask for. */
  readonly maxTier: Tier;
  /** The word `auto` may be served as priority, at priority's price. */
  readonly autoBuysPriority: boolean;
  readonly onUnavailable: OnUnavailable;
  /** Upper bound on any ticket's patience, whatever the tier and the client say. Absent: none. */
  readonly maxWaitMs: number | undefined;
  readonly tiers: Readonly<Record<Tier, TierSettings>>;
  /** Token counts and reads of stored answers, together. */
  readonly lookupsPerMinute: number;
  /** The project's own keys at providers, by the upstream's name; they pay for its requests there. */
  readonly providerKeys: Readonly<Record<string, string>>;
}

/** As many as Google lets through of CountTokens (https://firebase.google.com/docs/vertex-ai/count-tokens, November 2026). */
export const LOOKUPS_PER_MINUTE = 3_000;

/** When flex finds no capacity: refuse it, or serve it as standard at standard's price. */
export type OnUnavailable = 'refuse' | 'standard';

export interface Slo {
  readonly ttftMs: number;
  readonly tpotMs: number;
  /** Which share of the time between an empty engine's step and the TPOT limit flex may fill, 0 to 1. */
  readonly flexShare: number;
}

export const DEFAULT_SLO: Slo = { ...DEFAULT_SHADOW_SETTINGS.slo, flexShare: DEFAULT_SHADOW_SETTINGS.flexShare };

/** What the server holds, and for how long, whatever clients and upstreams do. */
export interface ServerLimits {
  readonly connectionsMax: number;
  readonly headerBytesMax: number;
  readonly headerReadMsMax: number;
  readonly bodyBytesMax: number;
  readonly bodyReadMsMax: number;
  /** A kept-alive connection without a request is closed after this. */
  readonly idleMsMax: number;
  readonly queueTicketsMax: number;
  /** Bodies of all queued tickets together. */
  readonly queueBytesMax: number;
  readonly unaryAnswerBytesMax: number;
  /** A client that takes nothing of its answer for this long is cut off. */
  readonly slowReaderMsMax: number;
  /** Between two signs of life on a committed answer. */
  readonly heartbeatMs: number;
  readonly upstreamConnectMsMax: number;
  /** From sending a request to an upstream to the first byte of its answer. */
  readonly upstreamFirstByteMsMax: number;
  /** Between two pieces of an upstream's answer. */
  readonly upstreamSilenceMsMax: number;
  /** On SIGTERM, running requests get this long. */
  readonly drainMsMax: number;
}

export interface LedgerConfig {
  /** 0 keeps rows for ever. */
  readonly keepMs: number;
}

/** Answers of the Responses wire that clients ask to be stored. */
export interface ResponsesConfig {
  /** 0 stores none. */
  readonly keepMs: number;
}

/** Of requests that are signed, as AWS's SDKs do, instead of showing a key. */
export interface SignatureConfig {
  /** The only region that they may be for; absent: any, since no region means anything here. */
  readonly region: string | undefined;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogConfig {
  readonly level: LogLevel;
  /** One line per request. */
  readonly requests: boolean;
}

/** The project of requests without a key, and of keys that were made without naming one. */
export const DEFAULT_PROJECT = 'default';

/** A project's settings; a project that the file does not name gets the defaults. */
export function projectNamed(config: Config, name: string): ProjectConfig {
  return config.projects.find((project) => project.name === name) ?? { ...config.projectDefaults, name };
}
