import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../tidy/tree.ts';
import { startHouse, type House } from './harness.ts';

const PAGES = join(ROOT, 'docs', 'providers');
const SNIPPET_MS_MAX = 30_000;

const snippets = readdirSync(PAGES).flatMap((page) =>
  [...readFileSync(join(PAGES, page), 'utf8').matchAll(/^```ts\n(.*?)^```$/gms)].map(
    ([, code]) => [page, code!] as const,
  ),
);

let house: House;
/** Inside the checkout, so that the snippets find the SDKs. */
let folder: string;

beforeAll(async () => {
  house = await startHouse();
  folder = mkdtempSync(join(ROOT, 'test', 'e2e', 'snippet-'));
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await house.close();
});

test('every provider has one', () => {
  expect([...new Set(snippets.map(([page]) => page))].sort()).toEqual(
    readdirSync(PAGES).filter((page) => page !== 'README.md'),
  );
});

test.each(snippets)('the snippet of %s runs as it is written, but for the port', async (page, code) => {
  expect(code).toContain('http://127.0.0.1:8787');
  const file = join(folder, `${page}.mts`);
  writeFileSync(file, code.replaceAll('http://127.0.0.1:8787', house.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: SNIPPET_MS_MAX });
  expect(stdout).toMatch(/flex|on_demand/);
});
