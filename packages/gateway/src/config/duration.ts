const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(\d{1,12})(ms|s|m|h|d)$/;

/** The longest that is read at all. */
export const DURATION_MS_MAX: number = 10 * 365 * 86_400_000;

/** For messages and the schema. */
export const DURATION_FORM = '500ms, 30s, 10m, 2h, 1d or 0';
export const DURATION_PATTERN = '(0|\\d{1,12}(ms|s|m|h|d))';

/** `500ms`, `30s`, `10m`, `2h`, `1d` or `0` in ms; null if it is none of these. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const match = DURATION.exec(text);
  if (match === null) return null;
  const ms = Number(match[1]) * (UNITS_MS[match[2] ?? ''] ?? NaN);
  return ms <= DURATION_MS_MAX ? ms : null;
}

/** The shortest text that parseDuration reads back to the same whole number of ms. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0';
  const units = Object.entries(UNITS_MS).reverse();
  const [unit, size] = units.find(([, unitMs]) => ms % unitMs === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
}
