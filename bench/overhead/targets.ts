import { threeDigits } from '../lib/table.ts';
import type { ProxyName } from './proxies/proxy.ts';
import type { MeasureId, Results } from './results.ts';

interface Target {
  readonly says: string;
  readonly measure: MeasureId;
  /** The measure of Offpeak is divided by this proxy's; undefined: taken as it is. */
  readonly reference?: ProxyName;
  readonly max: number;
}

/** What the overhead of Offpeak, with everything on, may be. */
export const targets: readonly Target[] = [
  { says: 'CPU per 1 KB request at most 4x nginx', measure: 'cpu-unary-1k', reference: 'nginx', max: 4 },
  { says: 'CPU per 1 MB request at most 4x nginx', measure: 'cpu-unary-1m', reference: 'nginx', max: 4 },
  { says: 'CPU per 1 KB request at most 1/6 of Portkey', measure: 'cpu-unary-1k', reference: 'portkey', max: 1 / 6 },
  { says: 'CPU per chunk at 500 streams at most 2x nginx', measure: 'cpu-chunk-500', reference: 'nginx', max: 2 },
  {
    says: 'CPU per chunk at 5,000 streams at most 2.4x nginx',
    measure: 'cpu-chunk-5000',
    reference: 'nginx',
    max: 2.4,
  },
  { says: 'at most 64 KB per open stream at 5,000', measure: 'memory-5000', max: 64 },
  { says: 'p99 added at 500 requests/s at most 1,000 us', measure: 'latency-p99', max: 1_000 },
];

export interface Verdict {
  readonly target: string;
  /** NaN when this run did not measure it. */
  readonly value: number;
  readonly max: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

export function verdicts(results: Results): Verdict[] {
  return targets.map(({ says, measure, reference, max }) => {
    const value =
      reference === undefined ? results.median(measure, 'offpeak') : results.ratio(measure, 'offpeak', reference);
    return {
      target: says,
      value,
      max,
      verdict: Number.isNaN(value) ? 'not measured' : value <= max ? 'met' : 'missed',
    };
  });
}

export function verdictLine({ target, value, verdict }: Verdict): string {
  return verdict === 'not measured' ? `${target}: not measured` : `${target}: ${threeDigits(value)}, ${verdict}`;
}
