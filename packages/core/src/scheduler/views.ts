import type { ModelQuality, WorkCosts } from '../capacity/capacity-model.ts';
import type { Tier } from '../tiers/tier.ts';
import type { Rung } from './ticket.ts';

/** What a live ticket gets. */
export interface ServedView {
  readonly state: 'queued' | 'running' | 'stopping';
  readonly tier: Tier;
  readonly why: Rung['why'];
  readonly engine: string | null;
  readonly evictions: number;
}

export interface QueueDepth {
  readonly model: string;
  readonly tier: Tier;
  readonly tickets: number;
}

export interface EngineView {
  readonly up: boolean;
  readonly slotsLimit: number;
  readonly running: number;
  readonly runningByTier: Readonly<Record<Tier, number>>;
  readonly kvReserved: number;
  /** Slots that are being freed and are not free yet. */
  readonly evicting: number;
  /** How well its shadow model predicts; null where it has none. */
  readonly model: ModelQuality | null;
  /** What the model predicts for a step of what streams there now; null where nothing is known. */
  readonly stepMs: number | null;
  /** What work takes there, as far as the model learned; null where nothing is known. */
  readonly costs: WorkCosts | null;
}

export interface Estimate {
  readonly waitMs: number;
  readonly runMs: (outputTokens: number) => number;
}
