import { startSimEngine } from '@offpeak/engine';
import { describe, expect, test } from 'vitest';
import { startHouse } from '../e2e/harness.ts';
import { close, hasChromium, open } from './browser.ts';
import { made } from './made.ts';
import { faultsOf } from './sound.ts';
import { expectTold, shownTable } from './table.ts';

const TRAFFIC = ['replay', '--trace', 'synthetic:poisson', '--exact-lengths', '--seed', '3'];

describe.skipIf(!hasChromium)('the page of a replay', () => {
  test('can be read everywhere, and has what clients of a gateway saw', async () => {
    const house = await startHouse({ engines: [{ slots: 16 }] });
    try {
      const { file, reports } = await made([
        ...[...TRAFFIC, '--base-url', `${house.url}/v1`, '--duration', '2s', '--scale', '4', '--alone'],
        ...['--ceiling', '1s', '--tier-mix', 'priority=0.3,standard=0.7,flex=endless', '--flex-concurrency', '24'],
      ]);
      expect(await faultsOf(file)).toEqual([]);
      const opened = await open(file);
      expect(await opened.page.locator('.badge').textContent()).toBe('MEASURED OVER HTTP');
      const { tiers } = reports[0]!;
      const [shown, answers] = [await shownTable(opened.page, 'Tiers'), await shownTable(opened.page, 'Answers')];
      for (const tier of ['priority', 'standard', 'flex'] as const) {
        const { completed, ttftMs, tpotMs } = tiers[tier]!;
        expectTold(shown[tier]!['completed']!, completed, `${tier}, completed`);
        expectTold(shown[tier]!['TTFT p50']!, ttftMs!.p50, `${tier}, TTFT p50`);
        expectTold(shown[tier]!['p99 2']!, tpotMs!.p99, `${tier}, TPOT p99`);
        expect(answers[tier]!['served as']).toContain(`${tier}: `);
      }
      await close(opened);
    } finally {
      await house.close();
    }
  });

  test('shows the name of a model as it is, whatever it is', async () => {
    const model = `<img src=x onerror="alert('served')">`;
    const engine = await startSimEngine({ speed: 50, model });
    try {
      const { file } = await made([...TRAFFIC, '--base-url', `${engine.url}/v1`, '--duration', '1s']);
      expect(await faultsOf(file)).toEqual([]);
      const opened = await open(file);
      const { page } = opened;
      expect(await page.locator('dd', { hasText: model }).count()).toBe(1);
      expect(await page.locator('img').count()).toBe(0);
      await close(opened);
    } finally {
      await engine.close();
    }
  });
});
