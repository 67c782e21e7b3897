import { median } from '../lib/stats.ts';

export type MeasureId =
  | 'cpu-unary-1k'
  | 'cpu-unary-32k'
  | 'cpu-unary-1m'
  | 'latency-p50'
  | 'latency-p99'
  | 'cpu-chunk-500'
  | 'cpu-chunk-5000'
  | 'delay-p99-500'
  | 'delay-p99-5000'
  | 'memory-500'
  | 'memory-5000'
  | 'cpu-wire-1k'
  | 'cpu-wire-chunk';

export interface Measure {
  readonly id: MeasureId;
  /** Column heading: what, and in which unit. */
  readonly heading: string;
  readonly unit: 'us' | 'KB';
  /** Ratios between differences of latencies say nothing, so only costs have them. */
  readonly ratios: boolean;
}

export const measures: readonly Measure[] = [
  { id: 'cpu-unary-1k', heading: '1 KB us', unit: 'us', ratios: true },
  { id: 'cpu-unary-32k', heading: '32 KB us', unit: 'us', ratios: true },
  { id: 'cpu-unary-1m', heading: '1 MB us', unit: 'us', ratios: true },
  { id: 'cpu-chunk-500', heading: 'chunk@500 us', unit: 'us', ratios: true },
  { id: 'cpu-chunk-5000', heading: 'chunk@5000 us', unit: 'us', ratios: true },
  { id: 'memory-500', heading: 'mem@500 KB', unit: 'KB', ratios: true },
  { id: 'memory-5000', heading: 'mem@5000 KB', unit: 'KB', ratios: true },
  { id: 'latency-p50', heading: '+p50 us', unit: 'us', ratios: false },
  { id: 'latency-p99', heading: '+p99 us', unit: 'us', ratios: false },
  { id: 'delay-p99-500', heading: 'delay@500 us', unit: 'us', ratios: false },
  { id: 'delay-p99-5000', heading: 'delay@5000 us', unit: 'us', ratios: false },
];

/** What every round measured, by measure and proxy. */
export class Results {
  // The inner arrays are sparse: index = round, absent where that round failed.
  #values = new Map<MeasureId, Map<string, number[]>>();
  /** Remarks that a reader needs before trusting a figure, each said once. */
  readonly notes = new Set<string>();

  add(measure: MeasureId, proxy: string, round: number, value: number): void {
    const byProxy = this.#values.get(measure) ?? new Map<string, number[]>();
    this.#values.set(measure, byProxy);
    const values = byProxy.get(proxy) ?? [];
    byProxy.set(proxy, values);
    values[round] = value;
  }

  rounds(measure: MeasureId, proxy: string): readonly number[] {
    return Object.values(this.#values.get(measure)?.get(proxy) ?? []);
  }

  /** NaN where nothing was measured. */
  median(measure: MeasureId, proxy: string): number {
    return median(this.rounds(measure, proxy));
  }

  /** Median over the rounds of `proxy / reference` within a round, so that a busy moment weighs on both. */
  ratio(measure: MeasureId, proxy: string, reference: string): number {
    const values = this.#values.get(measure)?.get(proxy) ?? [];
    const references = this.#values.get(measure)?.get(reference) ?? [];
    return median(
      Object.keys(values)
        .map(Number)
        .filter((round) => references[round] !== undefined)
        .map((round) => values[round]! / references[round]!),
    );
  }

  measured(): readonly Measure[] {
    return measures.filter(({ id }) => this.#values.has(id));
  }
}
