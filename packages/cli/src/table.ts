export type Cell = string | number;

/** Columns of plain text: numbers to the right, words to the left; all of them to the right from the column `rightFrom` on. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { rightFrom = Infinity }: { readonly rightFrom?: number } = {},
): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells: readonly Cell[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === 'number' || column >= rightFrom ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}
