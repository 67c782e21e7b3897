import { close, open } from './browser.ts';
import { contrastFaults, plotFaults, sidewaysFaults } from './looks.ts';

/** Places depend on the width alone and colours on the scheme alone. */
const WINDOWS = [
  { width: 1280, height: 900, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' },
] as const;

/** What is wrong with a page, on a desk by day and on a phone by night, with all that it hides at first open. */
export async function faultsOf(file: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { width, height, colorScheme } of WINDOWS) {
    const opened = await open(file, { viewport: { width, height }, colorScheme });
    const { page, complaints } = opened;
    const found = await page.evaluate(sidewaysFaults);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
    });
    for (const look of [plotFaults, contrastFaults, sidewaysFaults]) found.push(...(await page.evaluate(look)));
    faults.push(...[...found, ...complaints].map((fault) => `${width} pixels, ${colorScheme}: ${fault}`));
    await close(opened);
  }
  return faults;
}
