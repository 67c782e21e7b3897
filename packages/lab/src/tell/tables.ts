import { TIERS } from '@offpeak/core';
import type { LabReport, Quantiles, ReplayFacts, TierReport } from '../report.ts';
import { ABSENT, milliseconds, nearlyAll, number, whole } from './format.ts';

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** How each tier fared, beside the same traffic without flex. */
export function tiersTable({ tiers, alone }: LabReport): Table {
  const row = (name: string, report: TierReport): string[] => [
    name,
    whole(report.requests),
    whole(report.completed),
    whole(report.refused),
    whole(report.failed),
    ...times(report.ttftMs),
    ...times(report.tpotMs),
    nearlyAll(report.sloAttainment),
    number(report.inputTokens),
    number(report.outputTokens),
  ];
  return {
    head: [
      ...['', 'requests', 'completed', 'refused', 'failed'],
      ...['TTFT p50', 'p90', 'p99', 'TPOT p50', 'p90', 'p99'],
      ...['SLO met', 'input tokens', 'output tokens'],
    ],
    rows: TIERS.flatMap((tier) => {
      const [together, before] = [tiers[tier], alone[tier]];
      return [
        ...(together === undefined ? [] : [row(tier, together)]),
        ...(before === undefined ? [] : [row(`${tier}, without flex`, before)]),
      ];
    }),
  };
}

function times(quantiles: Quantiles | null): string[] {
  if (quantiles === null) return [ABSENT, ABSENT, ABSENT];
  return [quantiles.p50, quantiles.p90, quantiles.p99].map(milliseconds);
}

/** What answers said and how they ended. */
export function answersTable({ tiers }: ReplayFacts): Table {
  const counts = (of: Readonly<Record<string, number>>): string =>
    Object.entries(of)
      .map(([name, count]) => `${name}: ${count}`)
      .join(', ') || ABSENT;
  return {
    head: ['', 'served as', 'refused', 'failed', 'gap p50', 'gap p99'],
    rows: TIERS.flatMap((tier) => {
      const facts = tiers[tier];
      if (facts === undefined) return [];
      const { gapMs, served, refusals, failures } = facts;
      const gaps = [gapMs?.p50 ?? null, gapMs?.p99 ?? null].map(milliseconds);
      return [[tier, counts(served), counts(refusals), counts(failures), ...gaps]];
    }),
  };
}
