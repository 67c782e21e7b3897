import type { LedgerRow } from '../row.ts';

/** A completed flex request that nobody would notice, for tests to change. */
export function ledgerRow(id: string, values: Partial<LedgerRow> = {}): LedgerRow {
  return {
    id,
    at: 1_000,
    project: 'p',
    keyId: undefined,
    dialect: 'openai',
    operation: 'chat',
    model: 'm',
    upstream: undefined,
    upstreamModel: undefined,
    requestedTier: 'flex',
    servedTier: 'flex',
    why: 'asked',
    tierVerified: true,
    outcome: 'completed',
    status: 200,
    stream: false,
    inputTokens: 0,
    cachedInputTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    cacheWriteTokens: 0,
    wastedTokens: 0,
    waitMs: 0,
    ttftMs: undefined,
    durationMs: 0,
    evictions: 0,
    costNanoUsd: 0,
    costComplete: true,
    standardCostNanoUsd: 0,
    ...values,
  };
}
