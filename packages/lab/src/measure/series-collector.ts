import { TIERS, type Tier } from '@offpeak/core';
import type { TimeSeries } from '../report.ts';
import { Gauge } from './gauge.ts';
import { QuantileSketch } from './quantile-sketch.ts';
import type { RequestOutcome } from './run-collector.ts';
import { stepFor } from './steps.ts';

interface TierSeries {
  readonly ttft: (QuantileSketch | undefined)[];
  readonly tpot: (QuantileSketch | undefined)[];
  readonly depth: Gauge;
  readonly tokens: Float64Array;
}

const SECOND_MS = 1000;

/** What happened, by the step in which it happened; requests by the step in which they arrived. What comes after the run's length is left out. */
export class SeriesCollector {
  readonly #durationMs: number;
  readonly #stepMs: number;
  readonly #steps: number;
  readonly #tiers = new Map<Tier, TierSeries>();
  readonly #evictions: number[];

  constructor(durationMs: number) {
    this.#durationMs = durationMs;
    this.#stepMs = stepFor(durationMs);
    this.#steps = Math.max(1, Math.ceil(durationMs / this.#stepMs));
    this.#evictions = new Array<number>(this.#steps).fill(0);
  }

  request({ tier, atMs, ttftMs, tpotMs }: RequestOutcome): void {
    const step = Math.floor(atMs / this.#stepMs);
    if (step >= this.#steps) return;
    const { ttft, tpot } = this.#of(tier);
    if (ttftMs !== null) (ttft[step] ??= new QuantileSketch()).add(ttftMs);
    if (tpotMs !== null) (tpot[step] ??= new QuantileSketch()).add(tpotMs);
  }

  queueDepth(tier: Tier, atMs: number, depth: number): void {
    this.#of(tier).depth.set(atMs, depth);
  }

  computed(tier: Tier, atMs: number, tokens: number): void {
    const step = Math.floor(atMs / this.#stepMs);
    if (step < this.#steps) this.#of(tier).tokens[step]! += tokens;
  }

  evicted(atMs: number): void {
    const step = Math.floor(atMs / this.#stepMs);
    if (step < this.#steps) this.#evictions[step]! += 1;
  }

  series(): TimeSeries {
    return {
      stepMs: this.#stepMs,
      evictions: this.#evictions,
      tiers: Object.fromEntries(
        TIERS.flatMap((tier) => {
          const series = this.#tiers.get(tier);
          return series === undefined ? [] : [[tier, this.#told(series)]];
        }),
      ),
    };
  }

  #told({ ttft, tpot, depth, tokens }: TierSeries): NonNullable<TimeSeries['tiers'][Tier]> {
    const quantiles = (sketches: TierSeries['ttft'], share: number): (number | null)[] =>
      Array.from({ length: this.#steps }, (_, step) => sketches[step]?.quantile(share) ?? null);
    return {
      ttftP50Ms: quantiles(ttft, 0.5),
      ttftP99Ms: quantiles(ttft, 0.99),
      tpotP50Ms: quantiles(tpot, 0.5),
      tpotP99Ms: quantiles(tpot, 0.99),
      queueDepth: depth.means(this.#durationMs),
      tokensPerSecond: Array.from(tokens, (sum, step) => {
        const lengthMs = Math.min(this.#stepMs, this.#durationMs - step * this.#stepMs);
        return lengthMs > 0 ? (sum / lengthMs) * SECOND_MS : 0;
      }),
    };
  }

  #of(tier: Tier): TierSeries {
    const known = this.#tiers.get(tier);
    if (known !== undefined) return known;
    const series: TierSeries = {
      ttft: [],
      tpot: [],
      depth: new Gauge(this.#stepMs, this.#steps),
      tokens: new Float64Array(this.#steps),
    };
    this.#tiers.set(tier, series);
    return series;
  }
}
