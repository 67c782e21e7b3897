import { textTable } from '../lib/table.ts';
import type { Outcome, PhaseName } from './outcome.ts';

/** One traffic on one engine, in every way. */
export interface Comparison {
  readonly title: string;
  readonly device: string;
  /** Interactive requests as a share of what the engine serves of them. */
  readonly load: number;
  /** Flex alone, tokens per second. */
  readonly ceilings: { readonly measured: number; readonly simulated: number | null };
  readonly outcomes: readonly Outcome[];
}

export interface Skipped {
  readonly title: string;
  readonly reason: string;
}

export interface Harvest {
  readonly h1: number | null;
  readonly h2: number | null;
}

/** Measured harvest is a share of the measured ceiling, simulated harvest of the simulated one. */
export function harvestOf({ load, ceilings }: Comparison, { simulated, flexTokensPerSecond }: Outcome): Harvest {
  const ceiling = simulated ? ceilings.simulated : ceilings.measured;
  if (ceiling === null || ceiling === 0) return { h1: null, h2: null };
  const h1 = flexTokensPerSecond / ceiling;
  return { h1, h2: load < 1 ? h1 / (1 - load) : null };
}

const WAYS: Readonly<Record<PhaseName, string>> = {
  alone: 'no flex',
  naive: 'flex sent at once',
  gateway: 'flex through Offpeak',
};

const HEAD = [
  ...['', 'TTFT p50', 'p99', 'TPOT p50', 'p99', 'SLO', 'priority TTFT p99'],
  ...['H1', 'H2', 'flex lost', 'evictions', 'not served', 'sent late'],
];

export function textReport(found: Comparison | Skipped): string {
  return 'reason' in found ? `${found.title} left out: ${found.reason}` : textOf(found);
}

function textOf(comparison: Comparison): string {
  const { title, device, load, ceilings, outcomes } = comparison;
  const simulated = ceilings.simulated === null ? '' : `, ${tokens(ceilings.simulated)} in the simulator`;
  const late = outcomes.filter(({ keptUp }) => !keptUp).map(({ phase }) => WAYS[phase]);
  const troubles = outcomes.flatMap(({ phase, simulated: inSimulator, troubles: told }) =>
    Object.entries(told).map(
      ([why, count]) => `  ${WAYS[phase]}${inSimulator ? ', simulated' : ''}: ${count} x ${why}`,
    ),
  );
  return [
    `${title}, ${device}`,
    `Interactive load ${load.toFixed(2)}; flex alone ${tokens(ceilings.measured)} tokens/s${simulated}. Times of standard requests in ms.`,
    '',
    textTable(
      HEAD,
      outcomes.map((outcome) => row(comparison, outcome)),
    ),
    ...(troubles.length === 0 ? [] : ['', 'Not served:', ...troubles]),
    ...(late.length === 0
      ? []
      : ['', `WARNING: the client was late (${late.join(', ')}); the server had it easier than it looks.`]),
  ].join('\n');
}

function row(comparison: Comparison, outcome: Outcome): string[] {
  const { phase, simulated, tiers, flexTokensLostShare, evictions, latenessMs } = outcome;
  const { standard, priority } = tiers;
  const { h1, h2 } = harvestOf(comparison, outcome);
  const unserved = [standard, priority].reduce((sum, tier) => sum + (tier?.refused ?? 0) + (tier?.failed ?? 0), 0);
  const withFlex = phase !== 'alone';
  return [
    `${WAYS[phase]}${simulated ? ', simulated' : ''}`,
    ...[standard?.ttftMs?.p50, standard?.ttftMs?.p99, standard?.tpotMs?.p50, standard?.tpotMs?.p99].map(milliseconds),
    fixed(standard?.sloAttainment ?? null, 4),
    milliseconds(priority?.ttftMs?.p99),
    withFlex ? fixed(h1, 3) : '-',
    withFlex ? fixed(h2, 3) : '-',
    flexTokensLostShare === null || !withFlex ? '-' : `${(100 * flexTokensLostShare).toFixed(2)} %`,
    evictions === null || !withFlex ? '-' : String(evictions),
    String(unserved),
    milliseconds(latenessMs ?? undefined),
  ];
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function fixed(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}

function tokens(perSecond: number): string {
  return Math.round(perSecond).toLocaleString('en-US');
}

export function jsonReport(found: readonly (Comparison | Skipped)[]): object {
  return {
    bench: 'coserve-http',
    node: process.version,
    comparisons: found.map((each) =>
      'reason' in each
        ? each
        : { ...each, outcomes: each.outcomes.map((outcome) => ({ ...outcome, harvest: harvestOf(each, outcome) })) },
    ),
  };
}
