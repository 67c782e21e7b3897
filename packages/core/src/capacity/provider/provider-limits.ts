/** Bounds of what is sent to a hosted provider at once. */
export interface ProviderLimits {
  /** Generous: a provider says when it is too much, and nobody should wait for a guess. */
  readonly windowStart: number;
  readonly windowMin: number;
  readonly windowMax: number;
}

export const DEFAULT_PROVIDER_LIMITS: ProviderLimits = {
  windowStart: 32,
  windowMin: 1,
  windowMax: 4_096,
};
