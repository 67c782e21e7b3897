import type { Tier } from '../tiers/tier.ts';

export interface LimitSpec {
  readonly requestsPerMinute?: number;
  readonly requestsPerDay?: number;
  readonly tokensPerMinute?: number;
  readonly tokensPerDay?: number;
}

export type LimitKind = keyof LimitSpec;

/** Which limit said no, in the numbers that a client needs to act on it. */
export interface LimitDenial {
  readonly kind: LimitKind;
  readonly tier: Tier;
  readonly limit: number;
  readonly used: number;
  readonly requested: number;
  readonly retryAfterMs: number;
  /** The request alone is larger than the limit's burst: waiting cannot help. */
  readonly never: boolean;
}

export type LimitVerdict = { readonly ok: true } | { readonly ok: false; readonly denial: LimitDenial };

/** One limit as rate-limit headers report it. */
export interface LimitState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

export type LimitReport = { readonly [kind in LimitKind]?: LimitState };

/** Who gets in. The scheduler asks it when a ticket enters a rung; usage settles what was reserved. */
export interface Gate {
  enter(project: string, model: string, tier: Tier, tokens: number, at: number): LimitVerdict;
  /** `reserved` is what enter() took, `used` what it really was; 0 gives the tokens back (the request still counts). */
  settle(project: string, model: string, tier: Tier, reserved: number, used: number, at: number): void;
  /** Undo an enter() whose request never ran: neither the request nor its tokens count. */
  release(project: string, model: string, tier: Tier, reserved: number, at: number): void;
}
