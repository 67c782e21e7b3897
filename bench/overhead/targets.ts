import { threeDigits } from '../lib/table.ts';
import type { ProxyName } from './proxies/proxy.ts';
import type { MeasureId, Results } from './results.ts';
import { forwardingOf, passages } from './wires/passages.ts';

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

/** What a translation may cost: times what it costs to forward a request of the same mount. The dearest passage decides. */
const wireTargets = [
  { says: 'CPU per translated 1 KB request at most 2x forwarded', measure: 'cpu-wire-1k', max: 2 },
  { says: 'CPU per translated chunk at most 3x forwarded', measure: 'cpu-wire-chunk', max: 3 },
] as const;

export interface Verdict {
  readonly target: string;
  /** NaN when this run did not measure it. */
  readonly value: number;
  readonly max: number;
  readonly verdict: 'met' | 'missed' | 'not measured';
}

export function verdicts(results: Results): Verdict[] {
  const besideProxies = targets.map(({ says, measure, reference, max }) => {
    const value =
      reference === undefined ? results.median(measure, 'offpeak') : results.ratio(measure, 'offpeak', reference);
    return verdictOf(says, value, max);
  });
  return [...besideProxies, ...wireTargets.map((target) => wireVerdict(results, target))];
}

function wireVerdict(results: Results, { says, measure, max }: (typeof wireTargets)[number]): Verdict {
  let dearest = { name: '', ratio: Number.NaN };
  for (const passage of passages.filter(({ kind }) => kind === 'translated')) {
    const ratio = results.ratio(measure, passage.name, forwardingOf(passage));
    if (!(ratio <= dearest.ratio) && !Number.isNaN(ratio)) dearest = { name: passage.name, ratio };
  }
  return verdictOf(dearest.name === '' ? says : `${says} (dearest: ${dearest.name})`, dearest.ratio, max);
}

function verdictOf(target: string, value: number, max: number): Verdict {
  return { target, value, max, verdict: Number.isNaN(value) ? 'not measured' : value <= max ? 'met' : 'missed' };
}

export function verdictLine({ target, value, verdict }: Verdict): string {
  return verdict === 'not measured' ? `${target}: not measured` : `${target}: ${threeDigits(value)}, ${verdict}`;
}
