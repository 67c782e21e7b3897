import type { Tier } from '../tiers/tier.ts';
import type { LimitDenial } from '../limits/verdict.ts';
import type { Rung } from './ticket.ts';

/**
 * Why a ticket was turned away before it ran.
 * - `limited`: the project's own limits, on every rung of the ladder.
 * - `too-large`: it could never run: beyond the limits' burst or the KV of every engine.
 * - `contended`: capacity exists but others use it; `waitedMs` says whether patience ran out or the wait was predicted.
 * - `no-capacity`: no engine that serves the model is up.
 * - `queue-full`: a named limit of the queues themselves.
 * - `infeasible`: batch that would not be done by its deadline, as far as can be predicted.
 * - `expired`: batch whose deadline passed while it waited.
 */
export type RefusalReason =
  'limited' | 'too-large' | 'contended' | 'no-capacity' | 'queue-full' | 'infeasible' | 'expired';

/**
 * Why a ticket gives way.
 * - `room`: an interactive ticket needs its place.
 * - `prompt`: an interactive prompt would wait for its prompt; it goes back to the same engine soon.
 * - `strain`: its engine has too much.
 * - `backlog`: interactive prompts wait inside its engine for places.
 */
export type EvictionReason = 'room' | 'prompt' | 'strain' | 'backlog';

/** What the driver must do. Returned in the order in which it must be done. */
export type Decision =
  | {
      readonly kind: 'start';
      readonly id: string;
      readonly engine: string;
      /** The served tier from here on. */
      readonly tier: Tier;
      readonly why: Rung['why'];
      /** Time in queues since submit or, on a resume, since the eviction. */
      readonly waitMs: number;
      /** True when the ticket ran before. */
      readonly resume: boolean;
    }
  /** Stop it on its engine and answer with `stopped`. Its slot stays taken until then. */
  | { readonly kind: 'evict'; readonly id: string; readonly engine: string; readonly why: EvictionReason }
  /** From now on tell of each of its tokens as they come, with `progress`: the pace of its engine is read off them. Until it ends. */
  | { readonly kind: 'watch'; readonly id: string; readonly engine: string }
  /** The ticket now waits on another rung of its ladder. */
  | { readonly kind: 'move'; readonly id: string; readonly from: Tier; readonly to: Tier; readonly why: Rung['why'] }
  | {
      readonly kind: 'refuse';
      readonly id: string;
      /** The last tier that it was refused at. */
      readonly tier: Tier;
      readonly reason: RefusalReason;
      /** Computed from the drain rate or the limits. */
      readonly retryAfterMs: number;
      readonly waitedMs: number;
      readonly limit?: LimitDenial;
    }
  /** It ran, was lost, and may not run again. Its slot and reservations are free. */
  | { readonly kind: 'fail'; readonly id: string; readonly tier: Tier };
