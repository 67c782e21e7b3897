import type { Continuation, TicketSpec } from './ticket.ts';

/** How many requests and KV tokens an engine can hold. `auto` slots are found by the capacity model. */
export interface CapacitySpec {
  readonly slots: number | 'auto';
  /** Absent: the engine's KV size is unknown and only slots are counted. */
  readonly kvTokens?: number;
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
    }
  | {
      readonly kind: 'engine-up';
      readonly at: number;
      readonly engine: string;
      readonly models: readonly string[];
      readonly capacity: CapacitySpec;
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
