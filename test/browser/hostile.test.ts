import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderPage, type LabReport } from '@offpeak/lab';
import { describe, expect, test } from 'vitest';
import { close, hasChromium, open } from './browser.ts';
import { folder, made } from './made.ts';
import { faultsOf } from './sound.ts';

const NAMES = [
  `<img src=x onerror="alert('name')">`,
  `"><script>alert('name')</script>`,
  `' onmouseover='alert(1)' x='`,
  `</title></style></script><svg onload=alert(1)>`,
  `&lt;b&gt; &amp; <!-- %3Cscript%3E \`\${alert(1)}\``,
];

/** As many requests as a chart needs, in the columns of the Azure traces. */
function trace(): string {
  const rows = Array.from({ length: 60 }, (_, index) => {
    const second = String(10 + Math.floor(index / 2)).padStart(2, '0');
    return `2023-11-16 18:15:${second}.${index % 2 === 0 ? '0000000' : '5000000'},${300 + index * 7},${40 + index}`;
  });
  return ['TIMESTAMP,ContextTokens,GeneratedTokens', ...rows, ''].join('\n');
}

/** The page's text, and what is there that only a name can have brought: elements, handlers, whatever they did. */
async function readUnderAttack(
  file: string,
): Promise<{ readonly text: string; readonly strangers: readonly string[] }> {
  const opened = await open(file);
  const { page, complaints } = opened;
  const found = await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
    for (const element of document.querySelectorAll('*')) element.dispatchEvent(new MouseEvent('mouseover'));
    const all = [...document.querySelectorAll('*')];
    return {
      text: document.body.innerText,
      scripts: document.scripts.length,
      pictures: all.filter((element) => element.matches('img, b')).map((element) => element.outerHTML),
      handlers: all.flatMap((element) => element.getAttributeNames().filter((name) => name.startsWith('on'))),
    };
  });
  await close(opened);
  const { text, scripts, pictures, handlers } = found;
  return { text, strangers: [...complaints, ...pictures, ...handlers, ...(scripts > 1 ? ['a script'] : [])] };
}

describe.skipIf(!hasChromium)('names on a page are text', () => {
  test('that of a trace', async () => {
    const file = join(folder, '<img src=x onerror=alert(1)> "a" \'b\' &amp;.csv');
    await writeFile(file, trace());
    const page = await made(['simulate', '--trace', file, '--policy', 'offpeak,static']);
    expect(await faultsOf(page.file)).toEqual([]);
    const { text, strangers } = await readUnderAttack(page.file);
    expect(strangers).toEqual([]);
    expect(text).toContain(`Policies on ${file}`);
    expect(text).toContain('workload');
  });

  test('those of policies, workloads and profiles, and titles and notes', async () => {
    const { reports } = await made(['simulate', '--trace', 'synthetic:poisson', '--duration', '10s', '--seed', '3']);
    const [report] = reports as [LabReport];
    const file = join(folder, 'hostile.html');
    const named = NAMES.map((name) => ({ ...report, policy: name, workload: `on ${name}`, profile: `by ${name}` }));
    await writeFile(file, renderPage({ title: NAMES.join(' '), notes: NAMES, reports: named }));
    expect(await faultsOf(file)).toEqual([]);
    const { text, strangers } = await readUnderAttack(file);
    expect(strangers).toEqual([]);
    for (const name of NAMES) {
      expect(text).toContain(name);
      expect(text).toContain(`on ${name}`);
      expect(text).toContain(`by ${name}`);
    }
  });
});
