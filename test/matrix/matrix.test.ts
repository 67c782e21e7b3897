import { afterAll, beforeAll, describe, test } from 'vitest';
import { ENGINE_CHECKS } from './engine/checks.ts';
import { checkEngineHouse, engineOutcomeOf, runEngines, type EngineRuns } from './engine/run.ts';
import { FEATURES } from './features/all.ts';
import { KINDS } from './kinds/all.ts';
import { checkHouse, featureOutcomeOf, outcomeOf, PAIRS, runMatrix, type Matrix } from './matrix.ts';
import { MOUNTS } from './mounts/all.ts';
import { expectPage } from './page.ts';
import { matrixPage } from './tables.ts';

let matrix: Matrix;
let engines: EngineRuns;

/** Seconds on a machine with nothing else to do. */
const RUN_MS_MAX = 180_000;

beforeAll(async () => {
  [matrix, engines] = await Promise.all([runMatrix(), runEngines()]);
}, RUN_MS_MAX);

afterAll(async () => {
  await Promise.all([matrix.close(), engines.house.close()]);
});

const CELLS = PAIRS.flatMap(({ mount, upstream }) =>
  KINDS.filter((kind) => kind.applies?.({ mount, upstream }) ?? true).flatMap((kind) =>
    [false, true].map((stream) => ({
      kind,
      mount,
      upstream,
      stream,
      title: kind.title,
      form: stream ? 'streamed' : 'unary',
    })),
  ),
);

describe('every cell of the tables does what it should, or says why not', () => {
  test.each(CELLS)('$mount.name to $upstream.name, $form: $title', ({ kind, mount, upstream, stream }) => {
    const outcome = outcomeOf(matrix, kind, mount, upstream, stream);
    if (outcome.failure !== null) throw outcome.failure;
  });
});

const ENGINE_CELLS = MOUNTS.flatMap((mount) =>
  ENGINE_CHECKS.flatMap((check) =>
    [false, true].map((stream) => ({ mount, check, stream, form: stream ? 'streamed' : 'unary' })),
  ),
);

describe('every mount before an own engine', () => {
  test.each(ENGINE_CELLS)('$mount.name, $form: $check.title', ({ mount, check, stream }) => {
    const { failure } = engineOutcomeOf(engines, check, mount, stream);
    if (failure !== null) throw failure;
  });
});

const FEATURE_CELLS = PAIRS.flatMap(({ mount, upstream }) =>
  FEATURES.filter(({ words }) => words[mount.name] !== undefined).map((feature) => ({ feature, mount, upstream })),
);

describe('what a wire can ask for arrives, is left out and named, or is refused by name', () => {
  test.each(FEATURE_CELLS)('$mount.name to $upstream.name: $feature.title', ({ feature, mount, upstream }) => {
    const { failure } = featureOutcomeOf(matrix, feature, mount, upstream);
    if (failure !== null) throw failure;
  });
});

test('ledger and metrics agree about all of it', async () => {
  await checkHouse(matrix);
  await checkEngineHouse(engines);
});

test('docs/matrix.md is what this run came to', () => {
  expectPage('matrix.md', matrixPage(matrix, engines));
});
