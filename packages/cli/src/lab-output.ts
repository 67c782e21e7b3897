import { stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  answersTable,
  grouped,
  harvestSentence,
  headline,
  overviewTable,
  renderPage,
  tiersTable,
  warnings,
  type LabReport,
  type Table,
} from '@offpeak/lab';
import { Failure, Misuse } from './exit.ts';
import { table } from './table.ts';

export interface LabOutput {
  readonly title: string;
  readonly reports: readonly LabReport[];
  /** What was left out of the workload or filled in. */
  readonly notes: readonly string[];
  readonly json: boolean;
  readonly html: string | undefined;
}

/** Before work that takes minutes: whether its page will find a place. */
export async function checkHtmlPlace(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const folder = await stat(dirname(file)).catch(() => null);
  if (folder?.isDirectory() !== true)
    throw new Misuse(`${file} cannot be written: there is no folder ${dirname(file)}`);
}

/** Tells what was found: on stdout as JSON or as tables, and as a page where one was asked for. */
export async function tell({ title, reports, notes, json, html }: LabOutput): Promise<void> {
  if (html !== undefined) {
    await writeFile(html, renderPage({ title, reports, notes })).catch((error: unknown) => {
      throw new Failure(`${html} cannot be written: ${(error as Error).message}`);
    });
    process.stderr.write(`The report is in ${html}\n`);
  }
  if (json) {
    console.log(JSON.stringify(reports.length === 1 ? reports[0] : reports));
    return;
  }
  console.log([...text(reports), ...notes.map((note) => `Note: ${note}`)].join('\n'));
}

function text(reports: readonly LabReport[]): string[] {
  const groups = grouped(reports);
  const found = warnings(reports).map((warning) => `WARNING: ${warning}`);
  if (groups.length > 1 || reports.length > 1) {
    return [headline(reports), '', drawn(overviewTable(groups)), ...found];
  }
  const [report] = reports as [LabReport];
  const sentence = harvestSentence(report);
  return [
    headline(reports),
    '',
    drawn(tiersTable(report)),
    ...(report.replay === undefined ? [] : ['', drawn(answersTable(report.replay), Infinity)]),
    ...(sentence === null ? [] : ['', sentence]),
    ...found,
  ];
}

function drawn({ head, rows }: Table, rightFrom = 1): string {
  const titles = head.map((title) => title.toUpperCase());
  return table(titles, rows, { rightFrom });
}
