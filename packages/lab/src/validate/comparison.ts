import type { Quantiles } from '../report.ts';

export interface Comparison {
  readonly measured: Quantiles;
  readonly simulated: Quantiles;
  /** Simulated over measured, minus 1. */
  readonly error: Quantiles;
}

export function compare(measured: readonly number[], simulated: readonly number[]): Comparison {
  const [real, model] = [quantilesOf(measured), quantilesOf(simulated)];
  const error = (at: keyof Quantiles): number => model[at] / real[at] - 1;
  return {
    measured: real,
    simulated: model,
    error: { mean: error('mean'), p50: error('p50'), p90: error('p90'), p99: error('p99') },
  };
}

/** Exact: between two values, on the line from one to the other. */
function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => {
    const place = (sorted.length - 1) * share;
    const low = sorted[Math.floor(place)]!;
    return low + (sorted[Math.ceil(place)]! - low) * (place % 1);
  };
  return { mean: meanOf(values), p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
