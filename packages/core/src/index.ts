export { TIERS, rankOf, isEvictable, type Tier } from './tiers/tier.ts';
export type { Continuation, Rung, TicketSpec } from './scheduler/ticket.ts';
export type { CapacitySpec, SchedulerEvent } from './scheduler/events.ts';
export type { Decision, RefusalReason } from './scheduler/decisions.ts';
export type {
  Gate,
  LimitDenial,
  LimitKind,
  LimitReport,
  LimitSpec,
  LimitState,
  LimitVerdict,
} from './limits/verdict.ts';
