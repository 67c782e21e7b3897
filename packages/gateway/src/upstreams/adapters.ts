import type { Tier } from '@offpeak/core';
import type { ContinueStyle } from '@offpeak/dialects';
import type { EngineKind } from '../config/config.ts';

export type KnownEngine = Exclude<EngineKind, 'auto'>;

/** Names of the gauges in an engine's `/metrics` that correct the capacity model. */
export interface EngineGauges {
  readonly waiting: string;
  readonly running: string;
  /** Share of the KV cache in use, 0..1. The first name that is present counts. */
  readonly kvUsage: readonly string[];
  /** KV size in tokens: a gauge, or two labels of an info metric to be multiplied. */
  readonly kvTokens?: string | { readonly info: string; readonly blocks: string; readonly blockSize: string };
}

/** What Offpeak must know of an engine apart from OpenAI's wire, one row per kind. */
export interface EngineAdapter {
  readonly kind: KnownEngine;
  /**
   * Request field for the engine's own priority and the values for each tier; null where the engine has none. Only sent when the
   * operator says that the engine was started with priority scheduling: vLLM refuses the field otherwise.
   */
  readonly priority: { readonly field: string; readonly values: Readonly<Record<Tier, number>> } | null;
  readonly continueStyle: ContinueStyle;
  readonly healthPath: string;
  readonly gauges: EngineGauges | null;
  /** Where the engine tells how many requests it runs at once. */
  readonly slotsPath: string | null;
  /** How many it runs at once unless it was configured otherwise, where it neither tells that nor how long its queue is. */
  readonly slotsAssumed: number | null;
}

/** vLLM: the lower value is the more urgent one. */
const LOWER_IS_URGENT = { priority: 0, standard: 10, flex: 100, batch: 200 } as const;
/** SGLang: the higher value is; gaps exceed its preemption threshold of 10. */
const HIGHER_IS_URGENT = { priority: 300, standard: 200, flex: 100, batch: 0 } as const;

export const ADAPTERS: Readonly<Record<KnownEngine, EngineAdapter>> = {
  vllm: {
    kind: 'vllm',
    priority: { field: 'priority', values: LOWER_IS_URGENT },
    continueStyle: 'vllm',
    healthPath: '/health',
    gauges: {
      waiting: 'vllm:num_requests_waiting',
      running: 'vllm:num_requests_running',
      kvUsage: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
      kvTokens: { info: 'vllm:cache_config_info', blocks: 'num_gpu_blocks', blockSize: 'block_size' },
    },
    slotsPath: null,
    slotsAssumed: null,
  },
  sglang: {
    kind: 'sglang',
    priority: { field: 'priority', values: HIGHER_IS_URGENT },
    continueStyle: 'sglang',
    healthPath: '/health',
    gauges: {
      waiting: 'sglang:num_queue_reqs',
      running: 'sglang:num_running_reqs',
      kvUsage: ['sglang:token_usage'],
      kvTokens: 'sglang:max_total_num_tokens',
    },
    slotsPath: null,
    slotsAssumed: null,
  },
  'llama.cpp': {
    kind: 'llama.cpp',
    priority: null,
    continueStyle: 'llama.cpp',
    healthPath: '/health',
    gauges: {
      waiting: 'llamacpp:requests_deferred',
      running: 'llamacpp:requests_processing',
      kvUsage: ['llamacpp:kv_cache_usage_ratio'],
    },
    slotsPath: '/props',
    slotsAssumed: null,
  },
  ollama: {
    kind: 'ollama',
    priority: null,
    // Its chat templates decide whether a trailing assistant message is continued or answered; that is not safe to assume.
    continueStyle: 'none',
    healthPath: '/api/version',
    gauges: null,
    slotsPath: null,
    // OLLAMA_NUM_PARALLEL's default. More than it runs would wait in its queue, where chat cannot pass flex.
    slotsAssumed: 1,
  },
  openai: {
    kind: 'openai',
    priority: null,
    continueStyle: 'none',
    healthPath: '/v1/models',
    gauges: null,
    slotsPath: null,
    slotsAssumed: null,
  },
};

/**
 * What engines put into `owned_by` of their model lists. Offpeak's own engines speak as vLLM does and say that they are not it; the one
 * that runs llama.cpp also tells how many requests it runs at once, where a llama.cpp server would.
 */
const OWNERS: ReadonlyMap<string, EngineAdapter> = new Map([
  ['vllm', ADAPTERS.vllm],
  ['sglang', ADAPTERS.sglang],
  ['llamacpp', ADAPTERS['llama.cpp']],
  ['library', ADAPTERS.ollama],
  ['offpeak-simulated', ADAPTERS.vllm],
  ['offpeak-llama', { ...ADAPTERS.vllm, slotsPath: ADAPTERS['llama.cpp'].slotsPath }],
]);

/** The adapter for an engine that was not named, from the owner of its models. */
export function adapterOfOwner(owner: string | undefined): EngineAdapter {
  return (owner === undefined ? undefined : OWNERS.get(owner)) ?? ADAPTERS.openai;
}
