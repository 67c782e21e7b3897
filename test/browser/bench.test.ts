import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { close, hasChromium, open } from './browser.ts';
import { folder, toldBy } from './made.ts';
import { faultsOf } from './sound.ts';
import { expectTold, shownTable } from './table.ts';

const BENCH = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));

interface Figures {
  readonly cells: readonly {
    readonly variant: string;
    readonly measures: Readonly<Record<string, { readonly mean: number } | null>>;
  }[];
  readonly frontier: readonly {
    readonly name: string;
    readonly h2: { readonly mean: number };
    readonly cost: { readonly mean: number };
  }[];
}

/** Without public traces, whatever is on this machine. */
async function coserve(...args: readonly string[]): Promise<Figures> {
  const traces = { OFFPEAK_TRACES: join(folder, 'nowhere') };
  return (await toldBy([BENCH, 'coserve', ...args, '--json'], traces)) as Figures;
}

describe.skipIf(!hasChromium)('the page of the bench of co-serving', () => {
  const page = join(folder, 'bench.html');
  const recording = join(folder, 'bench.json');
  let figures: Figures;
  beforeAll(async () => {
    const small = ['--quick', '--engines', '1', '--loads', '0.25', '--policies', 'offpeak,static'];
    figures = await coserve(...small, '--parts', 'grid,frontier', '--html', page, '--out', recording);
  });

  test('can be read everywhere, and asks nobody for anything', async () => {
    expect(await faultsOf(page)).toEqual([]);
  });

  test('has the figures of --json', async () => {
    const opened = await open(page);
    const policies = await shownTable(opened.page, 'Policies, averaged over 1 cases');
    for (const variant of ['offpeak', 'static', 'oracle']) {
      const { measures } = figures.cells.find((cell) => cell.variant === variant)!;
      expectTold(policies[variant]!['H1']!, measures['h1']!.mean, `${variant}, H1`);
      expectTold(policies[variant]!['H2']!, measures['h2']!.mean, `${variant}, H2`);
      expectTold(policies[variant]!['TTFT p99 x']!, measures['standard.ttft.p99.ratio']!.mean, `${variant}, TTFT`);
    }
    const frontier = 'What is won, and what it costs';
    await opened.page.getByText(`Table: ${frontier}`).click();
    const points = await shownTable(opened.page, frontier);
    expect(Object.keys(points)).toEqual(figures.frontier.map(({ name }) => name));
    for (const { name, h2, cost } of figures.frontier) {
      expectTold(points[name]!['H2']!, h2.mean, `${name}, H2`);
      expectTold(points[name]!['TTFT p99 x']!, cost.mean, `${name}, TTFT`);
    }
    await close(opened);
  });

  test('shows names as they are, whatever they are', async () => {
    const name = `<img src=x onerror="alert('bench')">`;
    const content = JSON.parse(await readFile(recording, 'utf8')) as object;
    const hostile = join(folder, 'hostile.json');
    const shown = join(folder, 'hostile.html');
    const skipped = [{ trace: 'servegen', reason: name }];
    await writeFile(hostile, JSON.stringify({ ...content, profile: name, flexLengths: `'"${name}`, skipped }));
    await coserve('--from', hostile, '--html', shown);
    expect(await faultsOf(shown)).toEqual([]);
    const opened = await open(shown);
    expect(await opened.page.locator('img').count()).toBe(0);
    expect(await opened.page.locator('p', { hasText: name }).count()).toBe(3);
    await close(opened);
  });
});
