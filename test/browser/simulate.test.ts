import type { LabReport } from '@offpeak/lab';
import { beforeAll, describe, expect, test } from 'vitest';
import { close, hasChromium, open } from './browser.ts';
import { made, type Made } from './made.ts';
import { faultsOf } from './sound.ts';
import { expectTold, shownTable } from './table.ts';

const TRAFFIC = ['simulate', '--trace', 'synthetic:poisson', '--seed', '3', '--duration'];
const PHONE = { viewport: { width: 360, height: 740 } };

/** Read here anew, to see that the page tells what the report has. */
const FIGURES: Readonly<Record<string, (report: LabReport) => number | null>> = {
  'harvest H2': ({ harvest }) => harvest.h2,
  'TTFT p99, times alone': ({ tiers, alone }) => tiers.standard!.ttftMs!.p99 / alone.standard!.ttftMs!.p99,
  'SLO met': ({ tiers }) => tiers.standard!.sloAttainment,
  'TTFT p50': ({ tiers }) => tiers.standard!.ttftMs!.p50,
  'TTFT p99': ({ tiers }) => tiers.standard!.ttftMs!.p99,
  'TPOT p50': ({ tiers }) => tiers.standard!.tpotMs!.p50,
  'TPOT p99': ({ tiers }) => tiers.standard!.tpotMs!.p99,
  'TPOT p50, times alone': ({ tiers, alone }) => tiers.standard!.tpotMs!.p50 / alone.standard!.tpotMs!.p50,
  refused: ({ tiers }) => tiers.standard!.refused,
  'harvest H1': ({ harvest }) => harvest.h1,
  'of the oracle': ({ harvest }) => harvest.oracleShare,
  'flex lost': ({ flexTokensLostShare }) => flexTokensLostShare,
  evictions: ({ evictions }) => evictions,
};

describe.skipIf(!hasChromium)('the page of a simulation', () => {
  let one: Made;
  let policies: Made;
  let seeds: Made;
  beforeAll(async () => {
    [one, policies, seeds] = await Promise.all([
      made([...TRAFFIC, '30s', '--tier-mix', 'priority=0.2,standard=0.8']),
      made([...TRAFFIC, '15s', '--policy', 'all']),
      made([...TRAFFIC, '10s', '--policy', 'offpeak,fcfs', '--runs', '3']),
    ]);
  });

  test('can be read on a desk and on a phone, by day and by night, and asks nobody for anything', async () => {
    expect(await faultsOf(one.file)).toEqual([]);
    expect(await faultsOf(policies.file)).toEqual([]);
    expect(await faultsOf(seeds.file)).toEqual([]);
  });

  test('of one run has its figures', async () => {
    const opened = await open(one.file);
    const { page } = opened;
    expect(await page.title()).toBe('Simulated: offpeak on synthetic:poisson');
    expect(await page.locator('figure').count()).toBe(6);
    const [report] = one.reports as [LabReport];
    const shown = await shownTable(page, 'Tiers');
    expect(Object.keys(shown)).toEqual([
      ...['priority', 'priority, without flex', 'standard', 'standard, without flex', 'flex'],
    ]);
    for (const tier of ['priority', 'standard', 'flex'] as const) {
      for (const [name, measured] of [
        [tier, report.tiers[tier]] as const,
        [`${tier}, without flex`, report.alone[tier]] as const,
      ]) {
        if (measured === undefined) continue;
        const row = shown[name]!;
        expectTold(row['requests']!, measured.requests, `${name}, requests`);
        expectTold(row['completed']!, measured.completed, `${name}, completed`);
        expectTold(row['TTFT p50']!, measured.ttftMs!.p50, `${name}, TTFT p50`);
        expectTold(row['p99']!, measured.ttftMs!.p99, `${name}, TTFT p99`);
        expectTold(row['TPOT p50']!, measured.tpotMs!.p50, `${name}, TPOT p50`);
        expectTold(row['p99 2']!, measured.tpotMs!.p99, `${name}, TPOT p99`);
        expectTold(row['output tokens']!, measured.outputTokens, `${name}, output tokens`);
      }
    }
    await close(opened);
  });

  test('of several policies has the figures of each', async () => {
    const opened = await open(policies.file);
    const shown = await shownTable(opened.page, 'Compared');
    expect(Object.keys(shown)).toEqual(policies.reports.map(({ policy }) => policy));
    expect(policies.reports.length).toBeGreaterThan(5);
    for (const report of policies.reports) {
      for (const [title, figure] of Object.entries(FIGURES)) {
        const cell = shown[report.policy]![title]!;
        const value = figure(report);
        if (value === null) expect(cell).toBe('–');
        else expectTold(cell, value, `${report.policy}, ${title}`);
      }
    }
    await close(opened);
  });

  test('of several seeds has their means, each inside its interval', async () => {
    const opened = await open(seeds.file);
    const shown = await shownTable(opened.page, 'Compared');
    for (const policy of ['offpeak', 'fcfs']) {
      const runs = seeds.reports.filter((report) => report.policy === policy);
      expect(runs.map(({ seed }) => seed)).toEqual([3, 4, 5]);
      expect(shown[policy]!['runs']).toBe('3');
      for (const title of ['harvest H2', 'TTFT p99', 'TPOT p50']) {
        const [, mean, low, high] = /^(.+) \((.+) to (.+)\)$/.exec(shown[policy]![title]!)!;
        const values = runs.map((report) => FIGURES[title]!(report)!);
        const sum = values.reduce((total, value) => total + value, 0);
        expectTold(mean!, sum / values.length, `${policy}, ${title}`);
        // t(2) is 4.303.
        const squares = values.reduce((total, value) => total + (value - sum / 3) ** 2, 0);
        const half = 4.303 * Math.sqrt(squares / 2 / 3);
        expectTold(low!, Math.max(0, sum / 3 - half), `${policy}, ${title}, low`);
        expectTold(high!, sum / 3 + half, `${policy}, ${title}, high`);
      }
    }
    await close(opened);
  });

  test('shows the values under the pointer, and keeps them inside the drawing', async () => {
    const opened = await open(one.file, PHONE);
    const { page } = opened;
    for (const plot of await page.locator('figure[data-left]').all()) {
      const drawing = plot.locator('.drawing');
      await drawing.scrollIntoViewIfNeeded();
      const box = (await drawing.boundingBox())!;
      const [left, right] = [
        Number(await plot.getAttribute('data-left')),
        Number(await plot.getAttribute('data-right')),
      ];
      const columns = await plot.locator('thead th').allTextContents();
      const rows = await plot
        .locator('tbody tr')
        .evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
      for (const step of [0, Math.floor(rows.length / 2), rows.length - 1]) {
        const across = left + ((right - left) * (step + 0.5)) / rows.length;
        await page.mouse.move(box.x + across * box.width, box.y + box.height / 2);
        const tip = drawing.locator('.tip');
        const [time, ...values] = rows[step]!;
        const lines = [time, ...values.map((value, index) => `${columns[index + 1]}  ${value}`)];
        expect(await tip.textContent()).toBe(lines.join('\n'));
        const place = (await tip.boundingBox())!;
        expect(place.x).toBeGreaterThanOrEqual(box.x - 1);
        expect(place.x + place.width).toBeLessThanOrEqual(box.x + box.width + 1);
      }
      await page.mouse.move(0, 0);
      expect(await drawing.locator('.tip').count()).toBe(0);
    }
    await close(opened);
  });

  test('is worked with the keyboard', async () => {
    const opened = await open(policies.file, PHONE);
    const { page } = opened;
    const wanted = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('summary, [tabindex="0"]')]
        .filter((element) => element.checkVisibility())
        .map((element) => element.getAttribute('aria-label') ?? element.textContent),
    );
    expect(wanted.length).toBeGreaterThan(10);
    const visited: { readonly name: string | null; readonly outlined: boolean }[] = [];
    for (let step = 0; step < wanted.length; step += 1) {
      await page.keyboard.press('Tab');
      visited.push(
        await page.evaluate(() => {
          const element = document.activeElement!;
          const { outlineStyle, outlineWidth } = getComputedStyle(element);
          return {
            name: element.getAttribute('aria-label') ?? element.textContent,
            outlined: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
          };
        }),
      );
    }
    expect(visited).toEqual(wanted.map((name) => ({ name, outlined: true })));

    const wide = page.getByRole('region', { name: 'Compared', exact: true });
    await wide.focus();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('.wide')!.scrollLeft > 0);
    const run = page.locator('details.run').nth(1);
    expect(await run.evaluate((details) => (details as HTMLDetailsElement).open)).toBe(false);
    await run.locator('summary').first().focus();
    await page.keyboard.press('Enter');
    expect(await run.evaluate((details) => (details as HTMLDetailsElement).open)).toBe(true);
    await close(opened);
  });
});
