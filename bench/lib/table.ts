import { halfSpreadShare, median } from './stats.ts';

/** A plain text table: the first column is left-aligned, the others right-aligned. */
export function textTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    widths
      .map((width, column) => (column === 0 ? (cells[0] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width)))
      .join('  ')
      .trimEnd();
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** Three significant digits, without an exponent: 0.0123, 1.23, 12.3, 123, 12,345. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  if (size >= 1 || size === 0) return value.toFixed(2);
  return value.toPrecision(2);
}

/** Median and, of several rounds, how far they disagreed. */
export function withSpread(rounds: readonly number[]): string {
  if (rounds.length === 0) return '-';
  const spread = rounds.length > 1 ? ` ±${Math.round(halfSpreadShare(rounds) * 100)}%` : '';
  return threeDigits(median(rounds)) + spread;
}
