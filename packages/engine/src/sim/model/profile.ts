/**
 * Step time in closed form, in ms:
 * T = fixed + (weights^q + (perToken*P)^q)^(1/q) + attention * sum c_j(ctx_j + c_j/2) + contextRead * C_eff + perStream * B
 * P tokens in the step, c_j a prefill chunk that starts at context ctx_j, B decode streams, C_eff their contexts.
 */
export interface ClosedFormCosts {
  readonly form: 'closed';
  /** t0: launch and scheduling on the host. */
  readonly fixedMs: number;
  /** t_w: reading the weights once, the floor of every step. */
  readonly weightsMs: number;
  /** k1: the linear layers, per token. */
  readonly perTokenMs: number;
  /** q: how sharply the step turns from bound by memory to bound by arithmetic. */
  readonly blend: number;
  /** k2: prefill attention, per pair of a new token and a token that it looks at. */
  readonly attentionPairMs: number;
  /** k3: decode attention, per context token read. */
  readonly contextTokenMs: number;
  /** k4: sampling and bookkeeping, per decode stream. */
  readonly perStreamMs: number;
}

/** Step time from a published table: decode is linear, prefill is interpolated over the step's tokens. */
export interface TabledCosts {
  readonly form: 'tabled';
  readonly decodeFixedMs: number;
  readonly perStreamMs: number;
  readonly contextTokenMs: number;
  /** Rising (tokens, ms) points. */
  readonly prefill: readonly (readonly [tokens: number, ms: number])[];
  /** A step that holds both prefill and decode takes this much longer than its prefill alone. */
  readonly mixedFactor: number;
}

export type StepCosts = ClosedFormCosts | TabledCosts;

/** One engine as data: a model on its hardware. */
export interface EngineProfile {
  readonly title: string;
  readonly costs: StepCosts;
  /** Tokens that the KV cache holds. */
  readonly kvTokens: number;
  /** Longest prompt plus answer. Never above `kvTokens`, or one request could not run alone. */
  readonly contextTokensMax: number;
  /** Where the numbers come from. */
  readonly source: string;
}
