import { Markup, markup, STYLE, wideTable } from '@offpeak/lab';
import { frontierFigure } from './frontier-figure.ts';
import type { Recording } from './records.ts';
import {
  caseSections,
  frontierSection,
  modelSections,
  policiesSection,
  reachSection,
  recoverySection,
  type Findings,
  type Section,
} from './sections.ts';
import { facts } from './text.ts';

/** The whole report as one file that needs nothing else: the text's tables, every policy in each case, and the frontier drawn. */
export function page(recording: Recording, findings: Findings): string {
  const frontier = frontierSection(findings);
  const sections = [
    reachSection(findings),
    policiesSection(findings, recording),
    recoverySection(findings),
    ...modelSections(findings, recording),
  ].filter((section) => section !== null);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulated: policies beside each other</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<p><span class="badge">SIMULATED</span></p>
<h1>Policies beside each other</h1>
${facts(recording).map((fact) => markup`<p>${fact}</p>\n`)}
${sections.map((section) => markup`<h2>${section.title}</h2>\n${bodyOf(section)}`)}
${frontier !== null && frontierFigure(findings.frontier, frontier)}
<h2>Each case</h2>
${caseSections(findings, recording, 'all').map(
  (section) => markup`<details class="run"><summary>${section.title}</summary>${bodyOf(section)}</details>\n`,
)}
</body>
</html>
`.toString();
}

function bodyOf({ title, lead, head, rows, after = [] }: Section): Markup {
  return markup`${lead.map((line) => markup`<p>${line}</p>`)}
${wideTable(title, { head, rows })}
${after.map((line) => markup`<p>${line}</p>`)}
`;
}
