import { TIERS, type Tier } from '@offpeak/core';
import type { TierReports, TimeSeries } from '../report.ts';
import { TierCollector } from './tier-collector.ts';
import { SeriesCollector } from './series-collector.ts';

export interface Slo {
  readonly ttftMs: number;
  readonly tpotMs: number;
}

/** The end of one request. */
export interface RequestOutcome {
  readonly tier: Tier;
  /** When it arrived, from the start of the run. */
  readonly atMs: number;
  readonly outcome: 'completed' | 'refused' | 'failed';
  /** Null where no token came. */
  readonly ttftMs: number | null;
  /** Null where fewer than two tokens came. */
  readonly tpotMs: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

export interface RunCollectorOptions {
  readonly durationMs: number;
  readonly slo: Slo;
  /** Requests that arrive before have warmed the engines up; they are in the series and not in the tiers' reports. */
  readonly measureFromMs?: number;
  /** The same for what comes later than this, such as while a run empties. */
  readonly measureToMs?: number;
}

/** Takes what happens in a run, in the order of time, and tells its tiers' reports and its series. */
export class RunCollector {
  readonly #slo: Slo;
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #tiers = new Map<Tier, TierCollector>();
  readonly #series: SeriesCollector;
  readonly #computed = new Map<Tier, number>();
  #evictions = 0;

  constructor(options: RunCollectorOptions) {
    this.#slo = options.slo;
    this.#fromMs = options.measureFromMs ?? 0;
    this.#toMs = options.measureToMs ?? Infinity;
    this.#series = new SeriesCollector(options.durationMs);
  }

  /** When the request is over. */
  request(outcome: RequestOutcome): void {
    this.#series.request(outcome);
    if (!this.#measured(outcome.atMs)) return;
    let tier = this.#tiers.get(outcome.tier);
    if (tier === undefined) this.#tiers.set(outcome.tier, (tier = new TierCollector(this.#slo)));
    tier.add(outcome);
  }

  /** How many tickets of a tier wait from now on. Told at each change, or as often as it matters. */
  queueDepth(tier: Tier, atMs: number, depth: number): void {
    this.#series.queueDepth(tier, atMs, depth);
  }

  /** Prompt and answer tokens that engines computed for a tier since this was last told: told where measuring begins, those before. */
  computed(tier: Tier, atMs: number, tokens: number): void {
    this.#series.computed(tier, atMs, tokens);
    if (atMs > this.#fromMs && atMs <= this.#toMs) this.#computed.set(tier, (this.#computed.get(tier) ?? 0) + tokens);
  }

  evicted(atMs: number): void {
    this.#series.evicted(atMs);
    if (this.#measured(atMs)) this.#evictions += 1;
  }

  /** In the measured span. */
  get evictions(): number {
    return this.#evictions;
  }

  /** In the measured span. */
  tokensComputed(tier: Tier): number {
    return this.#computed.get(tier) ?? 0;
  }

  tiers(): TierReports {
    return Object.fromEntries(
      TIERS.flatMap((tier) => {
        const collector = this.#tiers.get(tier);
        return collector === undefined ? [] : [[tier, collector.report()]];
      }),
    );
  }

  series(): TimeSeries {
    return this.#series.series();
  }

  #measured(atMs: number): boolean {
    return atMs >= this.#fromMs && atMs <= this.#toMs;
  }
}
