import type { Tier } from '../tiers/tier.ts';
import type { CapacitySpec } from '../scheduler/events.ts';

/** What an engine holds: requests, and the KV tokens reserved for them. */
export interface EngineLoad {
  readonly slots: number;
  readonly kvTokens: number;
}

/** What a capacity model can learn from. Each has the time at which it was learned. */
export type CapacitySignal =
  /** A ticket waits because this engine did not admit it. */
  | { readonly kind: 'limited'; readonly at: number }
  | { readonly kind: 'first-token'; readonly at: number; readonly ttftMs: number; readonly inputTokens: number }
  /** The engine refused a request as overloaded. */
  | { readonly kind: 'bounced'; readonly at: number }
  | {
      readonly kind: 'stats';
      readonly at: number;
      readonly waiting?: number;
      readonly running?: number;
      readonly kvUsage?: number;
    }
  /** `reviewAt` is due. */
  | { readonly kind: 'review'; readonly at: number };

/** How many: what one engine can hold at once. It never sees queues or tickets; who gets in is decided elsewhere. */
export interface CapacityModel {
  readonly slotsLimit: number;
  /** Infinity when the engine's KV size is unknown. */
  readonly kvTokensLimit: number;
  /** When the limits may move by themselves and the model wants a `review`; null when nothing is pending. */
  readonly reviewAt: number | null;
  /** Whether one more request fits beside `load`. The tier is given so that a model can hold back the evictable tiers alone. */
  admits(tier: Tier, kvTokens: number, load: EngineLoad): boolean;
  observe(signal: CapacitySignal): void;
}

/** Makes the model of an engine that came up, or that announced a new capacity. */
export type CapacityFactory = (spec: CapacitySpec) => CapacityModel;

export function fits(model: CapacityModel, kvTokens: number, load: EngineLoad): boolean {
  return load.slots < model.slotsLimit && load.kvTokens + kvTokens <= model.kvTokensLimit;
}
