export const USAGE_DIMENSIONS = ['tier', 'model', 'day', 'project'] as const;
export type UsageDimension = (typeof USAGE_DIMENSIONS)[number];

export interface UsageQuery {
  /** Absent dimensions are summed over. */
  readonly by: readonly UsageDimension[];
  /** Arrival at or after, ms since 1970. */
  readonly from?: number | undefined;
  /** Arrival before. */
  readonly to?: number | undefined;
  readonly project?: string | undefined;
}

/** Sums over the rows of one group. Money is in whole nanodollars. */
export interface UsageRow {
  /** The served tier. */
  readonly tier?: string;
  readonly model?: string;
  /** UTC, YYYY-MM-DD. */
  readonly day?: string;
  readonly project?: string;
  readonly requests: number;
  readonly refused: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly wastedTokens: number;
  readonly evictions: number;
  readonly costNanoUsd: number;
  /** Requests for which a provider may have charged more than their cost here. */
  readonly incompleteCosts: number;
  readonly standardCostNanoUsd: number;
  /** Standard's cost less the cost: negative where priority cost more. */
  readonly savedNanoUsd: number;
}
