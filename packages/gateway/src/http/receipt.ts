import type { Rung, Tier } from '@offpeak/core';
import type { Usage } from '@offpeak/dialects';
import type { LedgerRow, Outcome } from '../ledger/row.ts';
import type { Target } from './mounts.ts';
import type { ProviderName } from '../config/config.ts';
import type { Identity } from '../keys/ring.ts';
import { NO_BILL, type Bill } from '../prices.ts';

/** What a request has come to so far; its ledger row is made of it once, when its story is over. */
export class Receipt {
  readonly id: string;
  readonly target: Target;
  readonly identity: Identity;
  /** Time of day and monotonic time of the arrival, ms. */
  readonly wallAt: number;
  readonly arrivedAt: number;

  model = '';
  stream = false;
  requestedTier: Tier | 'auto' = 'auto';
  servedTier: Tier = 'standard';
  why: Rung['why'] = 'asked';
  upstream: string | undefined;
  upstreamModel: string | undefined;
  /** The provider that it is at, or was last; undefined at an engine. */
  provider: ProviderName | undefined;
  /** False where a provider did not say which tier it served: then it is the one that was asked for. */
  tierVerified = true;
  /** Members of the request that translation went without, because nothing in the answer depends on them. */
  ignored: readonly string[] = [];
  waitMs = 0;
  ttftMs: number | undefined;
  evictions = 0;
  wastedTokens = 0;

  constructor(id: string, target: Target, identity: Identity, arrivedAt: number) {
    this.id = id;
    this.target = target;
    this.identity = identity;
    this.wallAt = Date.now();
    this.arrivedAt = arrivedAt;
  }

  /** Nothing is charged here. A provider that had begun to answer may see that otherwise. */
  failedBill(outputTokens: number): Bill {
    return { ...NO_BILL, complete: this.provider === undefined || outputTokens === 0 };
  }

  row(outcome: Outcome, status: number, usage: Usage, bill: Bill, at: number): LedgerRow {
    return {
      id: this.id,
      at: this.wallAt,
      project: this.identity.project,
      keyId: this.identity.keyId === '' ? undefined : this.identity.keyId,
      dialect: this.target.mount.dialect.name,
      operation: this.target.operation,
      model: this.model,
      upstream: this.upstream,
      upstreamModel: this.upstreamModel,
      requestedTier: this.requestedTier,
      servedTier: this.servedTier,
      why: this.why,
      outcome,
      status,
      stream: this.stream,
      inputTokens: usage.input,
      cachedInputTokens: usage.cachedInput,
      outputTokens: usage.output,
      reasoningTokens: usage.reasoning,
      cacheWriteTokens: usage.cacheWrite ?? 0,
      tierVerified: this.tierVerified,
      wastedTokens: this.wastedTokens,
      waitMs: this.waitMs,
      ttftMs: this.ttftMs,
      durationMs: at - this.arrivedAt,
      evictions: this.evictions,
      costNanoUsd: bill.costNanoUsd,
      costComplete: bill.complete,
      standardCostNanoUsd: bill.standardCostNanoUsd,
    };
  }
}

export const NO_USAGE: Usage = { input: 0, cachedInput: 0, output: 0, reasoning: 0 };

/** Of work that was done and that nobody has counted. */
export const UNCOUNTED: Usage = { ...NO_USAGE, extras: ['uncounted'] };

/** For answers that were cut short: what was counted on the way. Without any output nothing is owed. `working`: somebody was at it. */
export function usageSoFar(working: boolean, inputTokens: number, outputTokens: number): Usage {
  if (outputTokens > 0) return { ...UNCOUNTED, input: inputTokens, output: outputTokens };
  return working ? UNCOUNTED : NO_USAGE;
}
