import type { RunRecord } from './records.ts';

const TIERS = ['standard', 'priority'] as const;
const TIMES = ['ttft.p50', 'ttft.p99', 'tpot.p50', 'tpot.p99'] as const;
const PARTS = ['alone', 'together', 'ratio'] as const;

export type InteractiveTier = (typeof TIERS)[number];
type Time = (typeof TIMES)[number];

/** Of each run; `flexLost` and `flexComputed` in tokens, evictions and refusals counted. */
export const MEASURES = [
  ...(['load', 'h1', 'h2', 'oracleShare', 'flexComputed', 'flexLost', 'lostShare', 'evictions'] as const),
  ...(['flexRefused', 'standardRefused', 'modelError.median', 'modelError.p90'] as const),
  ...TIERS.flatMap((tier) => TIMES.flatMap((time) => PARTS.map((part) => `${tier}.${time}.${part}` as const))),
  ...TIERS.flatMap((tier) => [`${tier}.slo.alone`, `${tier}.slo.together`] as const),
];
export type MeasureName = (typeof MEASURES)[number];

/** What one run says beside the same traffic without flex. Null where nothing was there to measure. */
export type Measures = Readonly<Record<MeasureName, number | null>>;

export interface Beside {
  readonly alone: RunRecord;
  /** The same with the oracle, where it was run. */
  readonly oracle: RunRecord | undefined;
  /** Tokens per second of flex alone on one engine. */
  readonly flexCeiling: number;
}

export function measuresOf(run: RunRecord, { alone, oracle, flexCeiling }: Beside): Measures {
  const h1 = run.flexTokensPerSecond / (flexCeiling * run.spec.engines);
  const measures: Partial<Record<MeasureName, number | null>> = {
    load: run.load,
    h1,
    h2: run.load < 1 ? h1 / (1 - run.load) : null,
    oracleShare: oracle === undefined ? null : ratio(run.flexTokensPerSecond, oracle.flexTokensPerSecond),
    flexComputed: run.flexTokensComputed,
    flexLost: run.flexTokensLostShare * run.flexTokensComputed,
    lostShare: run.flexTokensLostShare,
    evictions: run.evictions,
    flexRefused: run.tiers.flex?.refused ?? 0,
    // Whatever the reason that is told, a request that is answered without flex and not beside it was turned away because of it.
    standardRefused: unserved(run) - unserved(alone),
    'modelError.median': run.modelError?.median ?? null,
    'modelError.p90': run.modelError?.p90 ?? null,
  };
  for (const tier of TIERS) {
    for (const time of TIMES) {
      const [before, together] = [timeOf(alone, tier, time), timeOf(run, tier, time)];
      measures[`${tier}.${time}.alone`] = before;
      measures[`${tier}.${time}.together`] = together;
      measures[`${tier}.${time}.ratio`] = ratio(together, before);
    }
    measures[`${tier}.slo.alone`] = alone.tiers[tier]?.sloAttainment ?? null;
    measures[`${tier}.slo.together`] = run.tiers[tier]?.sloAttainment ?? null;
  }
  return measures as Measures;
}

function timeOf({ tiers }: RunRecord, tier: InteractiveTier, time: Time): number | null {
  const [of, quantile] = time.split('.') as ['ttft' | 'tpot', 'p50' | 'p99'];
  const report = tiers[tier];
  return (of === 'ttft' ? report?.ttftMs : report?.tpotMs)?.[quantile] ?? null;
}

function unserved({ tiers }: RunRecord): number {
  const { refused = 0, failed = 0 } = tiers.standard ?? {};
  return refused + failed;
}

function ratio(value: number | null, to: number | null): number | null {
  return value === null || to === null || to === 0 ? null : value / to;
}
