import { textTable, threeDigits, withSpread } from '../../lib/table.ts';
import type { MeasureId, Results } from '../results.ts';
import { forwardingOf, ownPassage, passages } from './passages.ts';

const wireMeasures = [
  { id: 'cpu-wire-1k', heading: '1 KB us' },
  { id: 'cpu-wire-chunk', heading: 'chunk us' },
] as const satisfies readonly { id: MeasureId; heading: string }[];

/** Undefined where no passage was measured. */
export function wireTable(results: Results): string | undefined {
  const measures = wireMeasures.filter(({ id }) => passages.some(({ name }) => results.rounds(id, name).length > 0));
  if (measures.length === 0) return undefined;
  const measured = passages.filter(({ name }) => measures.some(({ id }) => results.rounds(id, name).length > 0));
  const rows = measured.map((passage) => [
    passage.name,
    passage.kind,
    ...measures.flatMap(({ id }) => [
      withSpread(results.rounds(id, passage.name)),
      timesText(results.ratio(id, passage.name, forwardingOf(passage))),
      timesText(results.ratio(id, passage.name, ownPassage.name)),
    ]),
  ]);
  const headings = measures.flatMap(({ heading }) => [heading, 'x forwarded', `x ${ownPassage.name}`]);
  return [
    'CPU by wire, from the client to the upstream: per 1 KB request, and per chunk at 500 streams x 20/s',
    textTable(['', 'what', ...headings], rows),
  ].join('\n');
}

function timesText(ratio: number): string {
  return Number.isNaN(ratio) ? '-' : `${threeDigits(ratio)}x`;
}

export function wireJson(results: Results): object {
  return Object.fromEntries(
    passages
      .filter(({ name }) => wireMeasures.some(({ id }) => results.rounds(id, name).length > 0))
      .map((passage) => [
        passage.name,
        {
          kind: passage.kind,
          ...Object.fromEntries(
            wireMeasures.map(({ id }) => [
              id,
              {
                unit: 'us',
                median: results.median(id, passage.name),
                rounds: results.rounds(id, passage.name),
                'times-forwarded': results.ratio(id, passage.name, forwardingOf(passage)),
                [`times-${ownPassage.name}`]: results.ratio(id, passage.name, ownPassage.name),
              },
            ]),
          ),
        },
      ]),
  );
}
