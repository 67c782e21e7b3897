import { afterAll, beforeAll, describe, test } from 'vitest';
import { KINDS } from './kinds/all.ts';
import { checkHouse, outcomeOf, PAIRS, runMatrix, type Matrix } from './matrix.ts';
import { expectPage } from './page.ts';
import { matrixPage } from './tables.ts';

let matrix: Matrix;

beforeAll(async () => {
  matrix = await runMatrix();
});

afterAll(async () => {
  await matrix.close();
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

test('ledger and metrics agree about all of it', async () => {
  await checkHouse(matrix);
});

test('docs/matrix.md is what this run came to', () => {
  expectPage('matrix.md', matrixPage(matrix));
});
