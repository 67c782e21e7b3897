import type { Tier } from '../tiers/tier.ts';
import type { Continuation, TicketSpec } from './ticket.ts';

/** How many requests and KV tokens an engine can hold. `auto` slots are found by the capacity model. */
export interface CapacitySpec {
  readonly slots: number | 'auto';
  /** Absent: the engine's KV size is unknown and only slots are counted. */
  readonly kvTokens?: number;
  /**
   * A hosted provider's lane: its size is not known and not ours. What it refuses, what its headers tell of its limits and how long it
   * wants to be left alone decide how much is sent at once.
   */
  readonly provider?: boolean;
}

/** Where an engine stands among those that serve a model. */
export interface Place {
  /** Engines of a lower rank are asked first; a higher one gets what those cannot take now. */
  readonly rank: number;
  /** Among engines of one rank that have weights, starts are shared in this proportion. Absent: by expected first token. */
  readonly weight?: number;
}

/** What is left of an upstream's limit, by its own account. */
export interface LimitRest {
  readonly remaining: number;
  /** Until it is whole again. */
  readonly resetsInMs: number;
}

/** Everything that the scheduler learns, each with the time at which the driver learned it (ms, monotonic). */
export type SchedulerEvent =
  | { readonly kind: 'submit'; readonly at: number; readonly ticket: TicketSpec }
  /** The client is gone: queued or running, the ticket ends here and its slot is free. */
  | { readonly kind: 'cancel'; readonly at: number; readonly id: string; readonly outputTokens?: number }
  /** The first byte of the answer reached the client; `restart` is no longer possible. */
  | { readonly kind: 'committed'; readonly at: number; readonly id: string }
  | { readonly kind: 'first-token'; readonly at: number; readonly id: string }
  /** Output tokens of the ticket so far, over all its runs. Sent now and then, not for every token. */
  | {
      readonly kind: 'progress';
      readonly at: number;
      readonly id: string;
      readonly outputTokens: number;
      /** Its client takes the answer more slowly than it comes: when its tokens come tells nothing of its engine any more. */
      readonly heldUp?: boolean;
      /** What was streamed showed that the answer is harder to continue than the request promised. */
      readonly continuation?: Continuation;
    }
  | {
      readonly kind: 'finish';
      readonly at: number;
      readonly id: string;
      readonly outcome: 'completed' | 'failed';
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  /**
   * The engine no longer works on the ticket, and the answer is not complete. `evicted` answers an evict decision, `lost` is
   * a broken engine or connection, `bounced` an engine that refused the request as overloaded before its first token.
   */
  | {
      readonly kind: 'stopped';
      readonly at: number;
      readonly id: string;
      readonly cause: 'evicted' | 'lost' | 'bounced';
      readonly outputTokens: number;
      /** How long its engine is to be left alone; absent: as long as for any engine that bounced or lost a request. */
      readonly pauseMs?: number;
    }
  | {
      readonly kind: 'engine-up';
      readonly at: number;
      readonly engine: string;
      readonly models: readonly string[];
      readonly capacity: CapacitySpec;
      /** The tiers that it takes; absent: all. */
      readonly tiers?: readonly Tier[];
      /** By model; a model without an entry has rank 0 and no weight. */
      readonly places?: Readonly<Record<string, Place>>;
    }
  /** What an upstream's headers said of its account's limits. */
  | {
      readonly kind: 'engine-limits';
      readonly at: number;
      readonly engine: string;
      readonly requests?: LimitRest;
      readonly tokens?: LimitRest;
    }
  /** No new starts. What runs there goes on until its own events say otherwise. */
  | { readonly kind: 'engine-down'; readonly at: number; readonly engine: string }
  | { readonly kind: 'engine-removed'; readonly at: number; readonly engine: string }
  /** What the engine's own metrics said. Only corrects the capacity model; never needed. */
  | {
      readonly kind: 'engine-stats';
      readonly at: number;
      readonly engine: string;
      readonly waiting?: number;
      readonly running?: number;
      readonly kvUsage?: number;
    }
  /** Time passed. Due at `wakeAt()`, harmless at any other time. */
  | { readonly kind: 'tick'; readonly at: number };

export type EventOf<K extends SchedulerEvent['kind']> = Extract<SchedulerEvent, { readonly kind: K }>;
