import { isEvictable } from '@offpeak/core';
import { DEFAULT_SLO, type Slo } from '../config/config.ts';
import type { LedgerRow } from '../ledger/row.ts';
import type { Metrics } from './metrics.ts';
import type { CounterCell, HistogramCell } from './registry.ts';

const MS_PER_S = 1_000;

/** Combinations whose cells are kept at hand. Beyond, they are resolved each time; the metrics' own bounds still hold. */
const BUNDLES_MAX = 4_096;

interface Bundle {
  readonly requests: CounterCell;
  readonly wait: HistogramCell;
  readonly ttft: HistogramCell;
  readonly tpot: HistogramCell;
  readonly input: CounterCell;
  readonly cachedInput: CounterCell;
  readonly cacheWrite: CounterCell;
  readonly output: CounterCell;
  readonly reasoning: CounterCell;
  readonly costUsd: CounterCell;
  readonly incompleteCosts: CounterCell;
  /** Only interactive tiers have them. */
  readonly sloMet: CounterCell | null;
  readonly sloMissed: CounterCell | null;
}

/**
 * Counts a request from its ledger row and from nothing else: so the metrics and the ledger cannot tell different stories
 * of which tier was served, or what it cost.
 */
export class RowRecorder {
  /** What interactive requests are held to; a reload may change it. */
  slo: Slo;

  readonly #metrics: Metrics;
  readonly #evictions: CounterCell;
  readonly #wastedTokens: CounterCell;
  readonly #savedUsd: CounterCell;
  readonly #bundles: Map<string, Bundle> = new Map();

  constructor(metrics: Metrics, slo: Slo = DEFAULT_SLO) {
    this.slo = slo;
    this.#metrics = metrics;
    this.#evictions = metrics.evictions.labels({});
    this.#wastedTokens = metrics.wastedTokens.labels({});
    this.#savedUsd = metrics.savedUsd.labels({});
  }

  /** `model` is the label: the caller passes `other` for a name that no upstream and no config knows. */
  record(row: LedgerRow, model: string = row.model): void {
    const bundle = this.#bundle(row, model);
    bundle.requests.inc();
    if (row.evictions > 0) this.#evictions.inc(row.evictions);
    if (row.wastedTokens > 0) this.#wastedTokens.inc(row.wastedTokens);
    if (row.outcome === 'refused') return;
    bundle.wait.observe(row.waitMs / MS_PER_S);
    bundle.input.inc(row.inputTokens);
    bundle.cachedInput.inc(row.cachedInputTokens);
    bundle.cacheWrite.inc(row.cacheWriteTokens);
    bundle.output.inc(row.outputTokens);
    bundle.reasoning.inc(row.reasoningTokens);
    bundle.costUsd.inc(row.costNanoUsd);
    if (!row.costComplete) bundle.incompleteCosts.inc();
    if (row.costNanoUsd < row.standardCostNanoUsd) this.#savedUsd.inc(row.standardCostNanoUsd - row.costNanoUsd);
    if (row.ttftMs === undefined) return;
    bundle.ttft.observe(row.ttftMs / MS_PER_S);
    if (row.outcome !== 'completed') return;
    // An answer of one token has no time between tokens.
    const tpotMs = row.outputTokens > 1 ? (row.durationMs - row.ttftMs) / (row.outputTokens - 1) : 0;
    if (row.outputTokens > 1) bundle.tpot.observe(tpotMs / MS_PER_S);
    const met = row.ttftMs <= this.slo.ttftMs && tpotMs <= this.slo.tpotMs;
    (met ? bundle.sloMet : bundle.sloMissed)?.inc();
  }

  #bundle(row: LedgerRow, model: string): Bundle {
    const key = `${row.requestedTier} ${row.servedTier} ${row.outcome} ${model}`;
    const known = this.#bundles.get(key);
    if (known !== undefined) return known;
    const bundle = this.#resolve(row, model);
    if (this.#bundles.size < BUNDLES_MAX) this.#bundles.set(key, bundle);
    return bundle;
  }

  #resolve(row: LedgerRow, model: string): Bundle {
    const metrics = this.#metrics;
    const tier = row.servedTier;
    const interactive = !isEvictable(tier);
    const tokens = (kind: string): CounterCell => metrics.tokens.labels({ model, tier, kind });
    return {
      requests: metrics.requests.labels({ model, requested: row.requestedTier, served: tier, outcome: row.outcome }),
      wait: metrics.wait.labels({ tier }),
      ttft: metrics.ttft.labels({ tier }),
      tpot: metrics.tpot.labels({ tier }),
      input: tokens('input'),
      cachedInput: tokens('cached_input'),
      cacheWrite: tokens('cache_write'),
      output: tokens('output'),
      reasoning: tokens('reasoning'),
      costUsd: metrics.costUsd.labels({ tier }),
      incompleteCosts: metrics.incompleteCosts.labels({ tier }),
      sloMet: interactive ? metrics.slo.labels({ tier, result: 'met' }) : null,
      sloMissed: interactive ? metrics.slo.labels({ tier, result: 'missed' }) : null,
    };
  }
}
