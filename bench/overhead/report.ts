import { cpus, release } from 'node:os';
import { textTable, threeDigits, withSpread } from '../lib/table.ts';
import type { Results } from './results.ts';
import { verdictLine, verdicts } from './targets.ts';
import { wireJson, wireTable } from './wires/table.ts';

export interface Subject {
  readonly name: string;
  readonly description: string;
}

export interface Skipped {
  readonly name: string;
  readonly reason: string;
}

export interface Report {
  readonly subjects: readonly Subject[];
  readonly skipped: readonly Skipped[];
  readonly rounds: number;
  readonly results: Results;
}

const references = ['nginx', 'bare', 'portkey'];

const legend =
  'CPU per request by body size, CPU per relayed chunk at 500 streams x 50/s and 5,000 x 5/s, memory per open stream,\n' +
  'latency added at 500 requests/s, p99 age of a chunk when it arrives';

function machine(): string {
  return `${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} CPUs, Linux ${release()}`;
}

export function textReport({ subjects, skipped, rounds, results }: Report): string {
  const shown = results.measured();
  const names = [...subjects.map(({ name }) => name), 'direct'].filter((name) =>
    shown.some(({ id }) => results.rounds(id, name).length > 0),
  );
  const absolute = textTable(
    ['', ...shown.map(({ heading }) => heading)],
    names.map((name) => [name, ...shown.map(({ id }) => withSpread(results.rounds(id, name)))]),
  );
  const costs = shown.filter((measure) => measure.ratios);
  const ratioTables = references
    .filter((reference) => names.includes(reference) && costs.length > 0)
    .map((reference) => {
      const rows = names
        .filter((name) => name !== reference && name !== 'direct')
        .map((name) => [name, ...costs.map(({ id }) => ratioText(results.ratio(id, name, reference), reference))]);
      const title = reference === 'portkey' ? 'Share of portkey' : `Times ${reference}`;
      return `${title}\n${textTable(['', ...costs.map(({ heading }) => heading.replace(/ \S+$/, ''))], rows)}`;
    });
  const wires = wireTable(results);
  const tables = [
    ...(shown.length === 0 ? [] : [`${legend}\n${absolute}`]),
    ...ratioTables,
    ...(wires === undefined ? [] : [wires]),
  ];
  return [
    `Overhead of a proxy on one core, medians of ${rounds} round${rounds === 1 ? '' : 's'} (${machine()})`,
    ...subjects.map(({ name, description }) => `  ${name}: ${description}`),
    ...skipped.map(({ name, reason }) => `  ${name} left out: ${reason}`),
    '',
    '(±) half the distance between the rounds.',
    ...tables.flatMap((table) => ['', table]),
    '',
    'Targets for Offpeak',
    ...verdicts(results).map((verdict) => `  ${verdictLine(verdict)}`),
    ...[...results.notes].map((note) => `Note: ${note}`),
  ].join('\n');
}

export function jsonReport({ subjects, skipped, rounds, results }: Report): object {
  const names = [...subjects.map(({ name }) => name), 'direct'];
  return {
    machine: machine(),
    node: process.version,
    rounds,
    proxies: subjects,
    skipped,
    measures: Object.fromEntries(
      results.measured().map(({ id, unit }) => [
        id,
        {
          unit,
          proxies: Object.fromEntries(
            names
              .filter((name) => results.rounds(id, name).length > 0)
              .map((name) => [
                name,
                {
                  median: results.median(id, name),
                  rounds: results.rounds(id, name),
                  ...Object.fromEntries(
                    references
                      .filter((reference) => results.rounds(id, reference).length > 0)
                      .map((reference) => [`times-${reference}`, results.ratio(id, name, reference)]),
                  ),
                },
              ]),
          ),
        },
      ]),
    ),
    wires: wireJson(results),
    targets: verdicts(results),
    notes: [...results.notes],
  };
}

function ratioText(ratio: number, reference: string): string {
  if (Number.isNaN(ratio)) return '-';
  return reference === 'portkey' ? `${threeDigits(ratio * 100)}%` : `${threeDigits(ratio)}x`;
}
