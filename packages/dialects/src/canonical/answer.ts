import type { Usage } from '../dialect.ts';
import type { JsonObject } from '../openai/accumulate.ts';
import type { OpaqueState } from './request.ts';

/** A whole answer. */
export interface CanonicalAnswer {
  /** The upstream's own id of it. */
  readonly id?: string;
  /** The model that answered, by the upstream's name for it. */
  readonly model?: string;
  /** In the order of their indexes; more than one only where more were asked for. */
  readonly choices: readonly Choice[];
  readonly usage: Usage | null;
  /** The upstream's word for the tier that it served; see `Codec.servedTier`. */
  readonly tierWord?: string;
}

export interface Choice {
  readonly parts: readonly AnswerPart[];
  readonly stop: StopReason;
  /** Which of the stop sequences ended it. */
  readonly stopSequence?: string;
  readonly logprobs?: readonly TokenLogprob[];
}

export type AnswerPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string; readonly state?: OpaqueState }
  | {
      readonly kind: 'tool-call';
      readonly id: string;
      readonly name: string;
      /** JSON text; an object in all but the answers of confused models. */
      readonly input: string;
      readonly state?: OpaqueState;
    };

/**
 * - `end`: the model was done; `stop`: it came to a stop sequence;
 * - `length`: the bound on the answer, or the model's context, was reached;
 * - `tool-calls`: it waits for results;
 * - `filtered`: the provider withheld the rest; `refusal`: the model declined.
 */
export type StopReason = 'end' | 'stop' | 'length' | 'tool-calls' | 'filtered' | 'refusal';

export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes?: readonly number[];
  readonly top: readonly { readonly token: string; readonly logprob: number; readonly bytes?: readonly number[] }[];
}

/**
 * A streamed answer, piece by piece. A part ends where the next begins or the choice finishes, but for calls, whose pieces may come in
 * turns (`InTurn` puts them one after the other). `choice` is 0 unless several answers were asked for.
 */
export type StreamPart =
  /** Once, first. `input`: what is known of the usage by then. */
  | {
      readonly kind: 'start';
      readonly id?: string;
      readonly model?: string;
      readonly usage?: Usage;
      readonly tierWord?: string;
    }
  | {
      readonly kind: 'text';
      readonly choice: number;
      readonly text: string;
      readonly logprobs?: readonly TokenLogprob[];
    }
  | { readonly kind: 'refusal'; readonly choice: number; readonly text: string }
  | { readonly kind: 'reasoning'; readonly choice: number; readonly text: string }
  /** Closes the reasoning part before it (or stands alone, for thoughts that are not shown). */
  | { readonly kind: 'reasoning-state'; readonly choice: number; readonly state: OpaqueState }
  | {
      readonly kind: 'tool-start';
      readonly choice: number;
      /** Counts the calls of the choice from 0. */
      readonly call: number;
      readonly id: string;
      readonly name: string;
      readonly state?: OpaqueState;
    }
  /** More of the JSON text of the call's input. */
  | { readonly kind: 'tool-input'; readonly choice: number; readonly call: number; readonly json: string }
  | { readonly kind: 'finish'; readonly choice: number; readonly stop: StopReason; readonly stopSequence?: string }
  /** The final count, or a newer one. */
  | { readonly kind: 'usage'; readonly usage: Usage; readonly tierWord?: string }
  /** The upstream failed inside its stream; nothing follows. */
  | { readonly kind: 'error'; readonly failure: Failure }
  /** The wire's own end mark. */
  | { readonly kind: 'end' };

/** An upstream's refusal or failure, in one form for all wires. */
export interface Failure {
  /**
   * - `limited`: a rate limit of the account; waiting helps;
   * - `no-capacity`: the tier or the model is full now; waiting helps, and another tier may;
   * - `exhausted`: a quota or spend cap that no waiting within minutes lifts;
   * - `credentials`: the key was refused;
   * - `rejected`: the request is at fault;
   * - `not-found`: the model or the path is unknown there;
   * - `failed`: the provider's own fault.
   */
  readonly kind: 'limited' | 'no-capacity' | 'exhausted' | 'credentials' | 'rejected' | 'not-found' | 'failed';
  /** The upstream's sentence. Never shown for `credentials`. */
  readonly message: string;
  /** The upstream's own code or type: `flex_unavailable`, `overloaded_error`, `RESOURCE_EXHAUSTED`, `ThrottlingException`. */
  readonly code?: string;
  readonly param?: string;
  /** When the upstream says that trying again makes sense. */
  readonly retryAfterMs?: number;
}

/** What is left of an account's limits, as an upstream's headers tell it. */
export interface LimitReading {
  readonly requests?: LimitLeft;
  readonly tokens?: LimitLeft;
}

export interface LimitLeft {
  readonly limit?: number;
  readonly remaining: number;
  /** Until it is whole again. */
  readonly resetsInMs: number;
}

export type { JsonObject };
