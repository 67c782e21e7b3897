/**
 * Step time in closed form, in ms:
 * T = fixed + (weights^q + (perToken*P)^q)^(1/q) + attention * sum(max(c_j, tile)*ctx_j + c_j^2/2) + contextRead * C_eff + perStream * B
 *     + (where the step holds prefill) prefillFixed + prefillContextRead * C_eff
 * P tokens in the step, c_j a prefill chunk that starts at context ctx_j, B decode streams, C_eff their contexts.
 */
export interface ClosedFormCosts {
  readonly form: 'closed';
  /** t0: what every step takes beside the layers: output layer, sampling, launch. */
  readonly fixedMs: number;
  /** t_w: reading the weights once, the floor of every step. */
  readonly weightsMs: number;
  /** k1: the linear layers, per token. */
  readonly perTokenMs: number;
  /** q: how sharply the step turns from bound by memory to bound by arithmetic. */
  readonly blend: number;
  /** k2: prefill attention, per pair of a new token and a token that it looks at. */
  readonly attentionPairMs: number;
  /** New tokens that attention looks at together: a smaller chunk reads its context at the same cost. Absent: one, chunks cost what they hold. */
  readonly attentionTileTokens?: number;
  /** k3: decode attention, per context token read. */
  readonly contextTokenMs: number;
  /** How far the longest context of a decode batch holds up the others. Absent: 0.055, from LLMServingSim. */
  readonly contextSkew?: number;
  /** k4: bookkeeping, per decode stream. */
  readonly perStreamMs: number;
  /** What a step with prefill in it takes beyond its parts. Absent: nobody measured it, nothing. */
  readonly prefillStep?: PrefillStepCosts;
}

/** Decode alone runs as one recorded graph with an attention kernel of its own; beside a prefill it has neither. */
export interface PrefillStepCosts {
  readonly fixedMs: number;
  /** Per context token of the decodes in the step. */
  readonly contextTokenMs: number;
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
