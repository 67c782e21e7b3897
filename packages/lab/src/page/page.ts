import { createHash } from 'node:crypto';
import type { LabReport } from '../report.ts';
import { duration, milliseconds, share } from '../tell/format.ts';
import { grouped, type Group, serverOf, workloadOf } from '../tell/groups.ts';
import { warnings } from '../tell/sentences.ts';
import { comparison } from './comparison.ts';
import { markup, Markup } from './markup.ts';
import { runSection } from './run-section.ts';
import { SCRIPT, STYLE } from './style.ts';
import { unbroken } from './unbroken.ts';

export interface PageOptions {
  readonly title: string;
  /** Those that differ in nothing but their seed are shown as one, with intervals. */
  readonly reports: readonly LabReport[];
  readonly notes?: readonly string[];
}

/** What runs found, as one HTML file that needs nothing else. The same reports make the same page. */
export function renderPage({ title, reports, notes = [] }: PageOptions): string {
  const groups = grouped(reports);
  const simulated = reports.some((report) => report.simulated);
  const policy = [`default-src 'none'`, `style-src '${hashOf(STYLE)}'`, `script-src '${hashOf(SCRIPT)}'`].join('; ');
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${simulated && 'Simulated: '}${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<header>
<p>${badge(reports)}</p>
<h1>${title}</h1>
${facts(reports)}
${[...warnings(reports), ...notes].map((note) => markup`<p class="notice">${note}</p>\n`)}
</header>
<main>
${groups.length > 1 ? markup`${comparison(groups)}<h2>Each run</h2>${firstOnes(groups)}` : markup`<h2>Found</h2>${firstOnes(groups)}`}
${groups.map(({ name, reports: [first] }, index) =>
  groups.length > 1
    ? markup`<details class="run"${index === 0 && new Markup(' open')}><summary>${name}</summary>${runSection(first!)}</details>\n`
    : runSection(first!),
)}
</main>
<footer>${footer(simulated)} TTFT: time to the first token. TPOT: time per output token after it. H1: flex throughput as a share of what flex alone reaches; H2: the same as a share of the part that interactive load leaves idle.</footer>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>
`;
  return page.toString();
}

function firstOnes(groups: readonly Group[]): Markup | null {
  const seeds = new Set(groups.filter(({ reports }) => reports.length > 1).map(({ reports: [first] }) => first!.seed));
  if (seeds.size === 0) return null;
  return markup`<p class="faint">Of several runs of a policy, the first: seed ${[...seeds].join(', ')}.</p>`;
}

function badge(reports: readonly LabReport[]): Markup {
  const kinds = new Set(reports.map(({ simulated }) => simulated));
  const words = kinds.size > 1 ? 'PARTLY SIMULATED' : kinds.has(true) ? 'SIMULATED' : 'MEASURED OVER HTTP';
  return markup`<span class="badge">${words}</span>`;
}

function footer(simulated: boolean): string {
  return simulated
    ? 'Simulated: no GPU ran. Step times come from a model of the engine, and the scheduler under test is the real one.'
    : 'Measured at the client, over HTTP.';
}

function facts(reports: readonly LabReport[]): Markup {
  const all = (name: string, of: (report: LabReport) => string | null): Markup | null => {
    const values = [...new Set(reports.map(of).filter((value) => value !== null))];
    return values.length === 0 ? null : markup`<dt>${name}</dt><dd>${unbroken(values.join(', '))}</dd>\n`;
  };
  return markup`<dl>
${all('workload', workloadOf)}${all('length', ({ durationMs }) => duration(durationMs))}${all('policy', ({ policy }) => policy)}${all('served by', serverOf)}${all('interactive load', ({ load }) => (load === null ? null : share(load)))}${all('SLO', ({ slo }) => `first token ${milliseconds(slo.ttftMs)}, then ${milliseconds(slo.tpotMs)} per token`)}${all('seed', ({ seed }) => String(seed))}</dl>`;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
