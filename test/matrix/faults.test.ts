import { beforeAll, describe, test } from 'vitest';
import { armBreakage, BREAKAGES, FORMS, judgeBreakage, type Breakage, type BreakageCase } from './faults/breakages.ts';
import { faultsPage, timesTable } from './faults/pages.ts';
import { PROVIDERS } from './faults/providers/all.ts';
import { arm, judge, modesOf, tierOf, type RefusalCase } from './faults/refusals.ts';
import { runTroubles, type Trouble, type Tried } from './faults/run.ts';
import { expectPage } from './page.ts';
import { UPSTREAMS } from './upstreams/all.ts';

/** Seconds on a machine with nothing else to do. */
const RUN_MS_MAX = 180_000;

/** Of each provider, in a house of its own: metrics keep only so many names of models apart. */
const REFUSALS = PROVIDERS.map((provider) =>
  Object.keys(provider.refusals).map((name) => ({
    upstream: provider.upstream,
    cases: modesOf(provider).map((mode): RefusalCase => ({ provider, name, mode })),
  })),
);

function breakagesOf(those: readonly Breakage[]): Trouble<BreakageCase>[] {
  return UPSTREAMS.flatMap((upstream) =>
    those.map((breakage) => ({
      upstream,
      cases: FORMS.map(({ stream, always }) => ({ upstream, breakage, stream, always })),
    })),
  );
}

const LOUD = breakagesOf(BREAKAGES.filter(({ silent }) => silent !== true));
const SILENT = breakagesOf(BREAKAGES.filter(({ silent }) => silent === true));
/** Nobody waits minutes in a test. */
const HASTY =
  'tiers: { flex: { timeout: 1500ms }, standard: { timeout: 1500ms } }\nserver: { upstreamSilenceMax: 1500ms }\n';

let refusals: readonly Tried<RefusalCase>[];
let breakages: readonly Tried<BreakageCase>[];

beforeAll(async () => {
  const ways = {
    arm: armBreakage,
    judge: judgeBreakage,
    question: ({ upstream, stream }: BreakageCase) => ({
      tier: upstream.askWords.flex === undefined ? ('standard' as const) : ('flex' as const),
      stream,
      headers: { 'offpeak-max-wait': '0' },
    }),
  };
  const refusalWays = {
    arm,
    judge,
    question: ({ provider, mode }: RefusalCase) => ({ tier: tierOf(provider), stream: false, headers: mode.headers }),
  };
  const [loud, silent, ...refused] = await Promise.all([
    runTroubles(LOUD, ways),
    runTroubles(SILENT, ways, HASTY),
    ...REFUSALS.map((troubles) => runTroubles(troubles, refusalWays)),
  ]);
  refusals = refused.flat();
  breakages = [...loud, ...silent];
  if (process.env['TIMES'] === '1') console.log(timesTable(refusals, breakages));
}, RUN_MS_MAX);

describe('what providers refuse', () => {
  const cases = REFUSALS.flat().flatMap((trouble) => trouble.cases);
  test.each(cases.map((one) => ({ one, provider: one.provider.upstream.name, mode: one.mode.title })))(
    '$provider: $one.name, $mode',
    ({ one }) => {
      expectDone(refusals, one);
    },
  );
});

describe('what breaks at providers', () => {
  const cases = [...LOUD, ...SILENT].flatMap((trouble) => trouble.cases);
  test.each(
    cases.map((one) => ({ one, form: `${one.stream ? 'streamed' : 'unary'}, ${one.always ? 'always' : 'once'}` })),
  )('$one.upstream.name $one.breakage.title, $form', ({ one }) => {
    expectDone(breakages, one);
  });
});

function expectDone<Case>(all: readonly Tried<Case>[], one: Case): void {
  const { failure } = all.find((tried) => tried.one === one)!;
  if (failure !== null) throw failure;
}

test('docs/faults.md is what this run came to', () => {
  expectPage('faults.md', faultsPage(refusals, breakages));
});
