import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasChromium } from './browser.ts';
import { faultsOf } from './sound.ts';

const folder = await mkdtemp(join(tmpdir(), 'offpeak-looks-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const STYLE =
  'body { background: #fff; color: #333 } svg { width: 300px; height: 150px } li svg { width: 24px; height: 10px }';
const SOUND = {
  title: '<strong>A plot</strong> <span>What it shows.</span>',
  legend: '<ul class="keys"><li><svg viewBox="0 0 24 10"><path class="line" d="M0 5H24"/></svg>a line</li></ul>',
  labels: '<text class="label" x="4" y="20">up</text><text class="label" x="100" y="145">across</text>',
  mark: '<path class="line" d="M20 100L280 40"/>',
  style: '',
};

function plotWith(parts: Partial<typeof SOUND>): string {
  const { title, legend, labels, mark, style } = { ...SOUND, ...parts };
  const svg = `<svg role="img" viewBox="0 0 300 150" style="${style}">${labels}${mark}</svg>`;
  return `<figure><figcaption>${title}</figcaption>${legend}${svg}</figure>`;
}

async function faultsIn(body: readonly string[]): Promise<string[]> {
  const file = join(folder, 'page.html');
  await writeFile(file, `<!doctype html><style>${STYLE}</style>${body.join('\n')}`);
  return faultsOf(file);
}

const SPOILT_PLOTS: readonly (readonly [what: Partial<typeof SOUND>, fault: RegExp])[] = [
  [{ title: '<span>What it shows.</span>' }, /^it has no title/],
  [{ title: '<strong>A plot</strong>' }, /^it has no caption/],
  [{ style: 'height: 0' }, /^it is 300 by 0 pixels/],
  [{ style: 'visibility: hidden; height: 50px' }, /^it is 300 by 50 pixels/],
  [{ labels: '<text class="label" x="4" y="20">up</text>' }, /^1 of 2 axes have a label/],
  [{ legend: '' }, /^it has no legend/],
  [{ legend: SOUND.legend.replace('M0 5H24', '') }, /^a key of its legend is empty/],
  [{ mark: '<path class="line" d=""/><path class="line limit" d="M0 9H300"/>' }, /^nothing is drawn/],
  [{ mark: '<path class="line" d="M20 100H320"/>' }, /^a line leaves the drawing/],
  [{ labels: SOUND.labels.replace('x="100"', 'x="280"') }, /^“across” is cut off/],
  [{ labels: SOUND.labels.replace('x="100" y="145"', 'x="8" y="22"') }, /^“up” and “across” are upon each other/],
  [{ style: 'font-size: 7px' }, /^“up” has letters of 7\.0 pixels/],
];

const SPOILT_PAGE: readonly (readonly [what: string, fault: RegExp])[] = [
  ['<p style="color: #888">Hear</p>', /: “Hear” has a contrast of 3\.54/],
  ['<p style="background: #000a">ye</p>', /: “ye” has a contrast of 1\.\d\d/],
  ['<svg><text y="20" style="fill: #fff">who</text></svg>', /: “who” has a contrast of 1\.00/],
  ['<div style="width: 400px">.</div>', /360 .*the page is 408 pixels wide/],
  ['<img src="http://127.0.0.1:1/x.png">', /request: http:\/\/127\.0\.0\.1:1\/x\.png/],
  ['<script>throw new Error("no")</script>', /: error: no/],
  ['<script>console.log("hello")</script>', /: console log: hello/],
  ['<script>alert("hello")</script>', /: dialog: hello/],
];

describe.skipIf(!hasChromium)('the look at a page', () => {
  test('finds nothing where nothing is wrong', async () => {
    expect(await faultsIn([plotWith({})])).toEqual([]);
  });

  test('finds whatever is wrong', async () => {
    const faults = await faultsIn([
      ...SPOILT_PLOTS.map(([parts]) => plotWith(parts)),
      ...SPOILT_PAGE.map(([part]) => part),
    ]);
    for (const [index, [, fault]] of SPOILT_PLOTS.entries()) {
      const told = faults.flatMap((each) => each.split(new RegExp(`: plot ${index} \\(.*?\\): `))[1] ?? []);
      expect(told).toContainEqual(expect.stringMatching(fault));
    }
    for (const [, fault] of SPOILT_PAGE) expect(faults).toContainEqual(expect.stringMatching(fault));
  });

  test('finds that there is nothing to look at', async () => {
    const faults = await faultsIn(['']);
    expect(faults).toContain('1280 pixels, light: there is no plot');
    expect(faults).toContain('1280 pixels, light: there is no text');
  });
});
