import { ENGINE_CHECKS } from './engine/checks.ts';
import { engineOutcomeOf, type EngineRuns } from './engine/run.ts';
import { FEATURES } from './features/all.ts';
import { KINDS } from './kinds/all.ts';
import type { Kind } from './kinds/kind.ts';
import { featureOutcomeOf, outcomeOf, type Matrix, type Outcome } from './matrix.ts';
import { MOUNTS } from './mounts/all.ts';
import { Footnotes, tableOf, together } from './page.ts';
import { UPSTREAMS } from './upstreams/all.ts';

const HEAD = `# Every wire before every provider

A client speaks the wire of a row; its model is served by the provider of a column. Each cell is tried against strict imitations of the
providers (\`test/matrix\`), as an answer in one piece and as a stream: \`yes\` is both. Whatever the providers' own APIs would not have taken fails
the test. A number leads to the reason why a cell is less than it could be; \`no\` means that the request is refused by the name of the
member that the provider has no place for: 400, before anything was sent.

The tests write this page: \`UPDATE_MATRIX=1 npx vitest run test/matrix\`.
`;

const ASKED_FOR = `## What a request can ask for

Each row is tried from every mount whose wire can say it. \`yes\`: the provider is told, in its own words; \`left out\`: it changes nothing about the
answer, and \`offpeak-ignored\` names it; \`no\`: refused by name. Where mounts differ, the row says which; nothing is lost without a word.
`;

const OWN_ENGINE = `## Own engine

The same clients, and a model on an engine of the operator's own, here the simulated one. Flex answers are the very words that the engine says
when it is asked past the gateway; in the last column an urgent request takes the engine's only slot in the middle of a flex answer, which
goes on later and comes out as the same words, paid for once. The simulated engine does not look at pictures.
`;

export function matrixPage(matrix: Matrix, engines: EngineRuns): string {
  return [
    HEAD,
    ...KINDS.map((kind) => section(matrix, kind)),
    ASKED_FOR,
    featureTable(matrix),
    OWN_ENGINE,
    engineTable(engines),
  ].join('\n');
}

function engineTable(engines: EngineRuns): string {
  const notes = new Footnotes();
  const rows = MOUNTS.map((mount) => [
    `\`${mount.name}\``,
    ...ENGINE_CHECKS.map((check) => {
      const [unary, streamed] = [false, true].map((stream) => engineOutcomeOf(engines, check, mount, stream));
      return cellOf({ ...unary!, refused: null }, { ...streamed!, refused: null }, notes);
    }),
  ]);
  const table = tableOf([['', ...ENGINE_CHECKS.map(({ title }) => title)], ...rows]);
  return `${table}\n${notes.text === '' ? '' : `\n${notes.text}`}`;
}

function featureTable(matrix: Matrix): string {
  const notes = new Footnotes();
  const rows = FEATURES.map((feature) => [
    feature.title,
    ...UPSTREAMS.map((upstream) => {
      const said = MOUNTS.filter(({ name }) => feature.words[name] !== undefined);
      return together(
        said.map((mount) => {
          const { end, reason } = featureOutcomeOf(matrix, feature, mount, upstream);
          return { who: `\`${mount.name}\``, what: `${ENDS[end]}${notes.mark(end === 'refused' ? [reason] : [])}` };
        }),
      );
    }),
  ]);
  return `${tableOf([['', ...UPSTREAMS.map(({ name }) => name)], ...rows])}\n\n${notes.text}`;
}

const ENDS = { arrives: 'yes', 'left out': 'left out', refused: 'no', fails: 'fails' } as const;

function section(matrix: Matrix, kind: Kind): string {
  const notes = new Footnotes();
  const rows = MOUNTS.map((mount) => [
    `\`${mount.name}\``,
    ...UPSTREAMS.map((upstream) => {
      if (kind.applies?.({ mount, upstream }) === false) return '';
      const [unary, streamed] = [false, true].map((stream) => outcomeOf(matrix, kind, mount, upstream, stream));
      return cellOf(unary!, streamed!, notes);
    }),
  ]);
  const table = tableOf([['', ...UPSTREAMS.map(({ name }) => name)], ...rows]);
  return `## ${kind.title}\n\n${kind.about}\n\n${table}\n${notes.text === '' ? '' : `\n${notes.text}`}`;
}

type End = Pick<Outcome, 'failure' | 'refused' | 'notes'>;

function cellOf(unary: End, streamed: End, notes: Footnotes): string {
  const [first, second] = [wordOf(unary, notes), wordOf(streamed, notes)];
  return first === second ? first : `unary ${first}, streamed ${second}`;
}

function wordOf({ failure, refused, notes: own }: End, notes: Footnotes): string {
  if (failure !== null) return 'fails';
  return refused === null ? `yes${notes.mark(own)}` : `no${notes.mark([refused])}`;
}
