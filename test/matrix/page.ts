import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';

const DOCS = join(import.meta.dirname, '../../docs');
const HOW =
  'what the tests found and what the page says differ; if the page is to change: UPDATE_MATRIX=1 npx vitest run test/matrix';

/** Holds a generated page to what a run came to, or writes it anew where that is asked for. */
export function expectPage(name: string, text: string): void {
  const file = join(DOCS, name);
  if (process.env['UPDATE_MATRIX'] === '1') writeFileSync(file, text);
  expect(readFileSync(file, 'utf8'), HOW).toBe(text);
}

/** The rows of a table, its first row on top. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rest.map(line)].join('\n');
}

/** Reasons of one table, numbered as they come. */
export class Footnotes {
  readonly #reasons: string[] = [];

  /** ` (1, 3)`; empty where there is nothing to say. */
  mark(reasons: readonly string[]): string {
    if (reasons.length === 0) return '';
    for (const reason of reasons) if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    const numbers = reasons.map((reason) => this.#reasons.indexOf(reason) + 1).toSorted((a, b) => a - b);
    return ` (${numbers.join(', ')})`;
  }

  get text(): string {
    return this.#reasons.map((reason, index) => `${index + 1}. ${reason}.\n`).join('');
  }
}

/** What most of them do, and then those that do something else. */
export function together(cells: readonly { readonly who: string; readonly what: string }[]): string {
  const [most, ...others] = [...Map.groupBy(cells, ({ what }) => what)].toSorted(([, a], [, b]) => b.length - a.length);
  const named = others.map(([what, those]) => `${those.map(({ who }) => who).join(', ')} ${what}`);
  return [most?.[0] ?? '', ...named].join('; ');
}
