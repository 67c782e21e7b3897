import { checkBooks, rowsOf, type Row } from '../../e2e/books.ts';
import { startHouse, type House } from '../../e2e/harness.ts';
import type { Running, Upstream } from '../upstreams/upstream.ts';
import { ask, rowOf, type Question, type Told } from './asked.ts';

/** Something that a provider does wrong, with a fake of its own, asked for in several ways one after the other. */
export interface Trouble<Case> {
  readonly upstream: Upstream;
  readonly cases: readonly Case[];
}

export interface Tried<Case> {
  readonly one: Case;
  readonly told: Told | null;
  readonly row: Row | null;
  readonly failure: unknown;
}

export interface Ways<Case> {
  /** Tells the fake what to do. */
  arm(one: Case, running: Running): void;
  question(one: Case): Omit<Question, 'model'>;
  /** Throws where something is not as it should be. */
  judge(one: Case, running: Running, told: Told, row: Row): void;
}

/** All troubles in one house, beside each other. Each case has an upstream of its own, so that none remembers another. */
export async function runTroubles<Case>(
  troubles: readonly Trouble<Case>[],
  ways: Ways<Case>,
  config = '',
): Promise<readonly Tried<Case>[]> {
  const started = await Promise.all(
    troubles.map(async (trouble, nth) => ({ ...trouble, nth, running: await trouble.upstream.start() })),
  );
  const entries = started.flatMap(({ upstream, running, nth, cases }) =>
    cases.map((one, index) => ({ one, upstream, running, name: `trouble-${nth}-${index}` })),
  );
  const targets = entries.map(({ upstream, name }) => {
    return `  - { name: ${name}, targets: [{ upstream: ${name}, model: "${upstream.model}" }] }\n`;
  });
  const house = await startHouse({
    upstreams: entries.map(({ running, name }) => running.line(name)),
    config: `models:\n${targets.join('')}${config}`,
  });
  try {
    const asked = await Promise.all(
      started.map(({ running, nth, cases }) => askAll(house, running, `trouble-${nth}`, cases, ways)),
    );
    const rows = await rowsOf(house);
    const tried = asked.flat().map((each) => judged(each, rows, ways));
    await checkBooks(house);
    return tried;
  } finally {
    await house.close();
    await Promise.all(started.map(({ running }) => running.fake.close()));
  }
}

interface Asked<Case> {
  readonly one: Case;
  readonly running: Running;
  readonly told: Told | null;
  readonly failure: unknown;
}

async function askAll<Case>(
  { url }: House,
  running: Running,
  name: string,
  cases: readonly Case[],
  ways: Ways<Case>,
): Promise<Asked<Case>[]> {
  const asked: Asked<Case>[] = [];
  for (const [index, one] of cases.entries()) {
    running.fake.reset();
    ways.arm(one, running);
    try {
      const told = await ask(url, running, { model: `${name}-${index}`, ...ways.question(one) });
      asked.push({ one, running, told, failure: null });
    } catch (error) {
      asked.push({ one, running, told: null, failure: error });
    }
  }
  return asked;
}

function judged<Case>(
  { one, running, told, failure }: Asked<Case>,
  rows: readonly Row[],
  ways: Ways<Case>,
): Tried<Case> {
  if (told === null) return { one, told, row: null, failure };
  try {
    const row = rowOf(rows, told);
    ways.judge(one, running, told, row);
    return { one, told, row, failure: null };
  } catch (error) {
    return { one, told, row: null, failure: error };
  }
}
