import { expect } from 'vitest';
import type { Page } from 'playwright-core';

/** A table as it is shown: by its rows' names, then by its columns'. */
export type Shown = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Columns of one name are numbered from the second on: `p99`, `p99 2`. */
export async function shownTable(page: Page, name: string): Promise<Shown> {
  const table = page.getByRole('region', { name, exact: true }).first().getByRole('table');
  const cells = await table
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.map((row) => [...row.children].map((cell) => (cell as HTMLElement).innerText.replaceAll('\n', ' ').trim())),
    );
  const [head = [], ...rows] = cells;
  const names = head.map((title, column) => {
    const earlier = head.slice(0, column).filter((other) => other === title).length;
    return earlier === 0 ? title : `${title} ${earlier + 1}`;
  });
  return Object.fromEntries(
    rows.map((row) => [row[0]!, Object.fromEntries(row.map((cell, column) => [names[column]!, cell] as const))]),
  );
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  '%': 0.01,
  '×': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  k: 1e3,
  M: 1e6,
};

/** The number that a cell tells, in milliseconds where it is a time. */
export function valueOf(cell: string): number {
  const [, digits, unit = ''] = /^([\d.,]+) ?(%|×|ms|s|min|k|M)?$/.exec(cell) ?? [];
  expect(digits, `${JSON.stringify(cell)} is a number with a unit`).toBeDefined();
  return Number(digits!.replaceAll(',', '')) * UNITS[unit]!;
}

/** Three digits are told, or two behind the point of a share that is near one. */
export function expectTold(cell: string, value: number, what: string): void {
  const told = valueOf(cell);
  expect(Math.abs(told - value), `${what}: ${cell} for ${value}`).toBeLessThanOrEqual(0.005 * Math.abs(value) + 1e-9);
}
