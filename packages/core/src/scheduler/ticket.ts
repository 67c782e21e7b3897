import type { Tier } from '../tiers/tier.ts';

/**
 * How a ticket that lost its slot can go on.
 * - `continue`: the engine can continue a message, so emitted tokens are kept whatever was sent to the client.
 * - `restart`: it can run again from the prompt while nothing of the answer has reached the client.
 * - `none`: it cannot run twice; it is immune to eviction from its start.
 */
export type Continuation = 'continue' | 'restart' | 'none';

/** One tier that a ticket may be served at, and how long it may wait there before the next rung (or a refusal). */
export interface Rung {
  readonly tier: Tier;
  readonly patienceMs: number;
  /** Why this rung is on the ladder; reported with the served tier. */
  readonly why: 'asked' | 'downgrade' | 'spill' | 'fallback';
}

/** One request's life in the scheduler, as the caller describes it at submit. */
export interface TicketSpec {
  readonly id: string;
  readonly project: string;
  /** The pool: engines announce the models that they serve. */
  readonly model: string;
  /** Tried in order. A rung is left when its limits are exhausted or its patience is over. Never empty. */
  readonly ladder: readonly Rung[];
  readonly inputTokens: number;
  /** What limits and KV reserve for the answer, until the real usage settles them. */
  readonly outputTokensMax: number;
  /** The client is gone then, whatever it is told: no wait, on whichever rung, is meant to reach beyond it. Absent: it stays. */
  readonly leavesAt?: number;
  /** Orders tickets of one project inside a tier, earliest first. Batch must be done by then, and waits no longer. */
  readonly deadlineAt: number;
  readonly continuation: Continuation;
  /**
   * Its answer comes in one piece: nothing is told between its start and its end. `interactive`: only while an interactive tier serves
   * it, since what may be evicted is streamed from the engine whatever its client wants.
   */
  readonly silent?: boolean | 'interactive';
  /** Memory that the ticket's body holds while it waits. */
  readonly bytes: number;
  /** Only these engines may serve it (session stickiness, targets); absent: any that serves the model. */
  readonly engines?: readonly string[];
  /**
   * `engines` is for the sake of their caches alone: once one of them lost the ticket, went down or gave up the model, and where none of
   * them is up, any other may serve it.
   */
  readonly enginesForCache?: boolean;
}
