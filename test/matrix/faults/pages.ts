import { tableOf, together } from '../page.ts';
import type { Told } from './asked.ts';
import { BREAKAGES, FORMS, type BreakageCase } from './breakages.ts';
import { PROVIDERS } from './providers/all.ts';
import { MODES, STRICT, tierOf, type RefusalCase } from './refusals.ts';
import type { Tried } from './run.ts';
import { cellOf } from './table.ts';

const HEAD = `# Providers that refuse, and providers that fail

What a client of OpenAI's wire sees of it, and how often the provider was asked; by strict imitations of the providers (\`test/matrix/faults\`).
Clients ask for flex where the provider sells it, and for standard elsewhere. Of everything on this page the tests hold: who is refused, or
gets no whole answer, owes nothing; a request that did not allow it is never served at another tier; where it did, that happens once and
answer, headers and ledger say so; after the first word of a stream nobody is asked again.

The tests write this page: \`UPDATE_MATRIX=1 npx vitest run test/matrix\`. With \`TIMES=1\` they print how long everything took.
`;

const REFUSED = `## Refused

A client's patience is \`offpeak-max-wait\`; \`offpeak-on-unavailable: standard\` lets its request be served at standard. The patient client of the last
two columns is told by the provider that it may ask again almost at once. Who waits in vain for less than a second may be sent more than
once: that column has no count.
`;

const BROKEN = `## Broken

\`broken off\`: the stream had begun, so its client keeps what it has and is told inside it. \`as it came\`: OpenAI's
clients get OpenAI's bytes.
`;

export function faultsPage(refusals: readonly Tried<RefusalCase>[], breakages: readonly Tried<BreakageCase>[]): string {
  const sections = PROVIDERS.map(({ upstream }) => refusalSection(upstream.name, refusals));
  return [HEAD, REFUSED, ...sections, BROKEN, breakageTable(breakages)].join('\n');
}

/** How long each took, roughly: on the terminal, for whoever asks with TIMES=1. It differs from run to run. */
export function timesTable(refusals: readonly Tried<RefusalCase>[], breakages: readonly Tried<BreakageCase>[]): string {
  const lines = [
    ...refusals.map(({ one, told }) => [`${one.provider.upstream.name} ${one.name}`, one.mode.title, secondsOf(told)]),
    ...breakages.map(({ one, told }) => {
      const form = FORMS.find(({ stream, always }) => stream === one.stream && always === one.always)!;
      return [`${one.upstream.name} ${one.breakage.title}`, form.title, secondsOf(told)];
    }),
  ];
  return tableOf([['the provider', 'the client', 'took'], ...lines]);
}

function secondsOf(told: Told | null): string {
  return told === null ? '' : `${(told.ms / 1_000).toFixed(1)} s`;
}

function refusalSection(provider: string, all: readonly Tried<RefusalCase>[]): string {
  const own = all.filter(({ one }) => one.provider.upstream.name === provider);
  const modes = MODES.filter((mode) => own.some(({ one }) => one.mode === mode));
  const names = [...new Set(own.map(({ one }) => one.name))];
  const rows = names.map((name) => {
    const { refusal } = own.find(({ one }) => one.name === name)!.one.provider.refusals[name]!;
    const cells = modes.map((mode) => {
      const { one, told } = own.find((tried) => tried.one.name === name && tried.one.mode === mode)!;
      return told === null ? 'fails' : cellOf(told, tierOf(one.provider), mode !== STRICT || !isBusy(one));
    });
    return [`${refusal.status} ${name}`, ...cells];
  });
  return `### ${provider}\n\n${tableOf([['', ...modes.map(({ title }) => title)], ...rows])}\n`;
}

function isBusy({ provider, name }: RefusalCase): boolean {
  return provider.refusals[name]!.meaning === 'busy';
}

function breakageTable(all: readonly Tried<BreakageCase>[]): string {
  const rows = BREAKAGES.map((breakage) => [
    breakage.title,
    ...FORMS.map((form) => {
      const those = all.filter(({ one }) => {
        return one.breakage === breakage && one.stream === form.stream && one.always === form.always;
      });
      return together(
        those.map(({ one: { upstream }, told }) => ({
          who: upstream.name,
          what: told === null ? 'fails' : cellOf(told, upstream.askWords.flex === undefined ? 'standard' : 'flex'),
        })),
      );
    }),
  ]);
  return `${tableOf([['the provider', ...FORMS.map(({ title }) => title)], ...rows])}\n`;
}
