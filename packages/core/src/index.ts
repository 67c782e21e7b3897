export { TIERS, rankOf, isEvictable, type Tier } from './tiers/tier.ts';
export { DEFAULT_TIER_RULES, type LimitRule, type TierRule, type TierRules } from './tiers/rules.ts';
export { PRESETS, type AutoMeaning, type PresetName, type TierPreset } from './tiers/presets.ts';
export { resolveLadder, type LadderRequest, type LadderResolution, type TierSettings } from './tiers/ladder.ts';
export type { LongPrompt, ModelPrice } from './tiers/price.ts';
export { MODEL_PRICES, priceOf } from './tiers/prices.ts';
export { nativeTiers } from './tiers/provider-tiers.ts';

export type {
  Gate,
  LimitDenial,
  LimitKind,
  LimitReport,
  LimitSpec,
  LimitState,
  LimitVerdict,
} from './limits/verdict.ts';
export { LimitBook, type LimitBookOptions } from './limits/limit-book.ts';
export { grantFor, grantsFor, type LimitGrant, type ProjectLimits } from './limits/grant.ts';

export { IndexedHeap } from './structures/indexed-heap.ts';
export { TicketMap } from './structures/ticket-map.ts';
export type { Continuation, Rung, TicketSpec } from './scheduler/ticket.ts';
export type { CapacitySpec, LimitRest, Place, SchedulerEvent } from './scheduler/events.ts';
export type { Decision, RefusalReason } from './scheduler/decisions.ts';
export { Scheduler, type SchedulerOptions } from './scheduler/scheduler.ts';
export { DEFAULT_SCHEDULER_LIMITS, type SchedulerLimits } from './scheduler/scheduler-limits.ts';
export type { EngineView, Estimate, QueueDepth, ServedView } from './scheduler/views.ts';
export {
  DEFAULT_POLICY,
  type EvictionOrder,
  type Placement,
  type Policy,
  type TokenCost,
} from './scheduler/policy/policy.ts';

export type {
  Ask,
  CapacityFactory,
  CapacityModel,
  CapacitySignal,
  EngineLoad,
  ModelQuality,
  WorkCosts,
} from './capacity/capacity-model.ts';
export { StaticCapacity } from './capacity/static-capacity.ts';
export { AimdCapacity, DEFAULT_AIMD_LIMITS, type AimdLimits } from './capacity/aimd-capacity.ts';
export { countedSlots, shadowCapacity } from './capacity/default-capacity.ts';
export { ShadowCapacity } from './capacity/shadow/shadow-capacity.ts';
export { DEFAULT_SHADOW_SETTINGS, type ShadowSettings } from './capacity/shadow/shadow-settings.ts';

export { cheapestTierFor, type DeadlineChoice, type TierOption } from './deadlines/cheapest-tier.ts';
