import { expect } from 'vitest';
import { checkBooks, rowsOf } from '../e2e/books.ts';
import { startHouse, type House } from '../e2e/harness.ts';
import { ByName, Cell, ROUTES, type Booked, type Pair, type RouteName } from './cell.ts';
import type { Feature } from './features/feature.ts';
import { tryFeatures, type FeatureOutcome } from './features/try.ts';
import { KINDS } from './kinds/all.ts';
import type { Kind, Meeting } from './kinds/kind.ts';
import { misbooked } from './ledger.ts';
import { MOUNTS } from './mounts/all.ts';
import type { Mount } from './mounts/mount.ts';
import { startTap } from './tap.ts';
import { UPSTREAMS } from './upstreams/all.ts';
import type { Upstream } from './upstreams/upstream.ts';

/** What came of one cell. */
export interface Outcome {
  readonly kind: Kind;
  readonly mount: Mount;
  readonly upstream: Upstream;
  readonly stream: boolean;
  /** It was refused by name, for this reason. */
  readonly refused: string | null;
  readonly notes: readonly string[];
  readonly failure: unknown;
}

export interface Matrix {
  readonly outcomes: readonly Outcome[];
  readonly features: readonly FeatureOutcome[];
  readonly house: House;
  close(): Promise<void>;
}

export const PAIRS: readonly Meeting[] = MOUNTS.flatMap((mount) => UPSTREAMS.map((upstream) => ({ mount, upstream })));

/** Every cell of the tables in one house: the pairs beside each other, the cells of a pair one after the other. */
export async function runMatrix(): Promise<Matrix> {
  const pairs = await Promise.all(PAIRS.map(startPair));
  const entries = pairs.flatMap((pair) => ROUTES.map((route) => ({ pair, route, name: pair.model(route) })));
  const targets = entries.map(({ pair, route, name }) => {
    return `  - { name: ${name}, targets: [{ upstream: ${name}, model: "${modelOn(pair, route)}" }] }\n`;
  });
  const house = await startHouse({
    upstreams: entries.map(({ pair, route, name }) => pair.running.line(name, urlOf(pair, route))),
    config: `models:\n${targets.join('')}`,
  });
  const tried = (await Promise.all(pairs.map((pair) => tryPair(house.url, pair)))).flat();
  const features = (await Promise.all(pairs.map((pair) => tryFeatures(house.url, pair)))).flat();
  const rows = await rowsOf(house);
  return {
    outcomes: tried.map(({ booked, ...outcome }) => ({
      ...outcome,
      failure: outcome.failure ?? misbooked(booked, rows),
    })),
    features,
    house,
    close: async () => {
      await house.close();
      await Promise.all(pairs.flatMap(({ running, tap }) => [running.fake.close(), tap?.close()]));
    },
  };
}

export function outcomeOf(matrix: Matrix, kind: Kind, mount: Mount, upstream: Upstream, stream: boolean): Outcome {
  const found = matrix.outcomes.find(
    (outcome) =>
      outcome.kind === kind && outcome.mount === mount && outcome.upstream === upstream && outcome.stream === stream,
  );
  if (found === undefined) throw new Error(`${mount.name} to ${upstream.name} was not tried: ${kind.title}`);
  return found;
}

export function featureOutcomeOf(
  { features }: Matrix,
  feature: Feature,
  mount: Mount,
  upstream: Upstream,
): FeatureOutcome {
  const found = features.find((one) => one.feature === feature && one.mount === mount && one.upstream === upstream);
  if (found === undefined) throw new Error(`${mount.name} to ${upstream.name} was not tried: ${feature.title}`);
  return found;
}

/** Ledger and metrics of the whole run agree. */
export async function checkHouse({ house }: Matrix): Promise<void> {
  await checkBooks(house);
}

async function startPair({ mount, upstream }: Meeting): Promise<Pair> {
  const running = await upstream.start();
  const tap = mount.name === upstream.wire ? await startTap(running.fake.url) : undefined;
  const word = upstream.name.toLowerCase().replace(/\W+/g, '-');
  return { mount, upstream, running, tap, model: (route) => `${mount.name}-to-${word}-${route}` };
}

function urlOf({ tap }: Pair, route: RouteName): string | undefined {
  return route === 'tapped' ? tap?.url : undefined;
}

function modelOn({ upstream: { model, models = {} } }: Pair, route: RouteName): string {
  return route === 'thinking' || route === 'budget' || route === 'probable' ? (models[route] ?? model) : model;
}

type Tried = Outcome & { readonly booked: readonly Booked[] };

async function tryPair(url: string, pair: Pair): Promise<Tried[]> {
  const { mount, upstream } = pair;
  const tried: Tried[] = [];
  for (const kind of KINDS) {
    if (kind.applies?.(pair) === false) continue;
    for (const stream of [false, true]) {
      pair.running.fake.reset();
      const cell = new Cell(url, pair, stream);
      const end = await endOf(kind, cell);
      tried.push({ kind, mount, upstream, stream, notes: cell.notes, booked: cell.booked, ...end });
    }
  }
  return tried;
}

async function endOf(kind: Kind, cell: Cell): Promise<Pick<Outcome, 'refused' | 'failure'>> {
  try {
    await kind.try(cell);
    expect(cell.pair.running.fake.violations).toEqual([]);
    return { refused: null, failure: null };
  } catch (error) {
    if (error instanceof ByName) return { refused: `\`${error.param}\`: ${error.message}`, failure: null };
    return { refused: null, failure: withViolations(error, cell) };
  }
}

/** What the provider did not take explains most failures. */
function withViolations(error: unknown, cell: Cell): unknown {
  const { violations } = cell.pair.running.fake;
  if (!(error instanceof Error) || violations.length === 0) return error;
  error.message += `\nthe provider's complaints: ${violations.map(({ what }) => what).join('; ')}`;
  return error;
}
