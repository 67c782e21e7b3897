import type { LimitDenial, Tier } from '@offpeak/core';

/** Everything that can go wrong with a request, in the gateway's words. Each dialect says it in its own status, code and sentence. */
export type Problem =
  | { readonly kind: 'malformed-json'; readonly detail: string; readonly offset?: number }
  | { readonly kind: 'invalid-value'; readonly param: string; readonly detail: string }
  | { readonly kind: 'invalid-header'; readonly header: string; readonly value: string; readonly allowed: string }
  | { readonly kind: 'unknown-tier'; readonly word: string; readonly allowed: readonly string[] }
  | { readonly kind: 'tier-not-allowed'; readonly tier: Tier; readonly maxTier: Tier }
  | { readonly kind: 'tier-not-served'; readonly tier: Tier; readonly what: string }
  | { readonly kind: 'malformed-http' }
  | { readonly kind: 'headers-too-large'; readonly limitBytes: number }
  | { readonly kind: 'unsupported-media-type'; readonly received: string }
  | { readonly kind: 'unknown-path'; readonly method: string; readonly path: string }
  | { readonly kind: 'method-not-allowed'; readonly method: string; readonly path: string; readonly allowed: string }
  | { readonly kind: 'unknown-model'; readonly model: string; readonly known: readonly string[] }
  /** `missing`: no credentials came at all, which some wires tell apart. */
  | { readonly kind: 'unauthenticated'; readonly detail: string; readonly missing?: boolean }
  | { readonly kind: 'body-too-large'; readonly limitBytes: number }
  /** More values than can be translated while others wait. */
  | { readonly kind: 'body-too-large'; readonly limitValues: number }
  | { readonly kind: 'headers-timeout'; readonly limitMs: number }
  | { readonly kind: 'body-timeout'; readonly limitMs: number }
  | {
      readonly kind: 'limited';
      readonly model: string;
      readonly project: string;
      readonly denial: LimitDenial;
      /** What is limited, where it is no request for a model's answer: `token counts`. */
      readonly what?: string;
    }
  /** Flex or batch found no capacity within its patience. Never charged. */
  | { readonly kind: 'flex-unavailable'; readonly tier: Tier; readonly waitedMs: number; readonly retryAfterMs: number }
  /** Capacity exists but others use it. */
  | { readonly kind: 'contended'; readonly tier: Tier; readonly waitedMs: number; readonly retryAfterMs: number }
  /** No engine that serves the model is up. */
  | { readonly kind: 'no-capacity'; readonly model: string; readonly retryAfterMs: number }
  | { readonly kind: 'queue-full'; readonly retryAfterMs: number }
  | {
      readonly kind: 'deadline-unreachable';
      readonly deadlineMs: number;
      readonly predictedMs: number;
      readonly retryAfterMs: number;
    }
  /** Batch that would not be done within its window. Never charged. */
  | { readonly kind: 'batch-infeasible'; readonly retryAfterMs: number }
  /** Batch whose window ended while it waited. Never charged. */
  | { readonly kind: 'batch-expired'; readonly waitedMs: number; readonly retryAfterMs: number }
  | { readonly kind: 'too-large-for-model'; readonly tokens: number; readonly model: string }
  /** The engine itself refused the request as the client's mistake, in its own words. */
  | {
      readonly kind: 'rejected-by-engine';
      readonly status: 400 | 413 | 422;
      readonly message: string;
      readonly param: string | null;
      /** The upstream's own code for it, where it has one. */
      readonly code?: string;
    }
  /** None of the upstreams that have the model has a place for this member of the request. Nothing was sent. */
  | {
      readonly kind: 'unsupported';
      readonly param: string;
      readonly model: string;
      /** The upstream's wire: `anthropic`. */
      readonly wire: string;
      readonly detail: string;
    }
  /** A member that only its own provider understands, and the model is served by another. Nothing was sent. */
  | { readonly kind: 'untranslatable'; readonly param: string; readonly model: string; readonly detail: string }
  /** A signed request whose signature does not hold. */
  | {
      readonly kind: 'bad-signature';
      readonly reason: 'incomplete' | 'mismatch' | 'skewed' | 'scope';
      readonly detail: string;
    }
  /** No stored answer of this id belongs to the caller's project. `continued`: a request wanted to go on from it. */
  | { readonly kind: 'unknown-response'; readonly id: string; readonly continued?: true }
  /** The provider refused the key that is configured for it, or the project's own; `missing`: neither of them is there. */
  | { readonly kind: 'upstream-credentials'; readonly upstream: string; readonly missing?: true }
  /** The provider's account has no quota or credit left; no wait within minutes lifts that. */
  | { readonly kind: 'upstream-exhausted'; readonly upstream: string; readonly detail: string }
  | { readonly kind: 'upstream-failed'; readonly upstream: string; readonly detail: string }
  | { readonly kind: 'upstream-timeout'; readonly upstream: string; readonly limitMs: number }
  | { readonly kind: 'draining'; readonly retryAfterMs: number }
  | { readonly kind: 'internal' };

/** A problem in one dialect's wire form. */
export interface WireError {
  readonly status: number;
  /** Lower-case names; content-type and content-length are added by the writer. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
