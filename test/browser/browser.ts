import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, vi } from 'vitest';
import { findChromium, surroundings } from './chromium.ts';

const { path, reason } = await findChromium(await surroundings());

/** Without it, tests in a browser are skipped; where CI says that it is one, they fail. */
export const hasChromium: boolean = path !== undefined;
if (reason !== undefined) {
  if (process.env['CI'] === 'true') throw new Error(`There is no browser to test with: ${reason}`);
  console.warn(`The tests in a browser are skipped: ${reason}`);
}

/** A browser takes its time on a machine that is busy with other things. */
const BUSY_MS_MAX = 120_000;
const STEP_MS_MAX = 30_000;
vi.setConfig({ testTimeout: BUSY_MS_MAX, hookTimeout: BUSY_MS_MAX });

/** One for all tests of a file. */
let browser: Promise<Browser> | undefined;
afterAll(async () => {
  await (await browser)?.close();
});

function launched(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: path!,
    // Chromium refuses to run as root inside its sandbox.
    chromiumSandbox: process.getuid?.() !== 0,
    timeout: BUSY_MS_MAX,
  });
  return browser;
}

/** A page from a file, and all that it did beside being shown. */
export interface Opened {
  readonly page: Page;
  /** Messages of the console, uncaught errors, dialogs, and requests for anything but the page itself. */
  readonly complaints: readonly string[];
}

/** Opens a page as a double click on its file would, without a network. */
export async function open(file: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await (await launched()).newContext({ offline: true, ...options });
  context.setDefaultTimeout(STEP_MS_MAX);
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (request.url() !== url) complaints.push(`request: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints };
}

export async function close({ page }: Opened): Promise<void> {
  await page.context().close();
}
